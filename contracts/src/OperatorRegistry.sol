// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {OperatorStakes} from "./OperatorStakes.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {KeyEpoch, isActiveAt} from "./types/KeyEpoch.sol";
import {PriceSheet} from "./types/PriceSheet.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title OperatorRegistry
/// @notice Who operates, with which keys and prices; see `IOperatorRegistry`.
/// @dev Invariant, beside those of `OperatorStakes` and held by the same test:
///
/// 3. A key's `activeFrom` never changes and its `revokedAt` changes once, from zero.
abstract contract OperatorRegistry is OperatorStakes {
    using SafeTransferLib for address;

    /// @dev A bound on what one operator can leave for others to read; rotation needs two.
    uint8 public constant MAX_ACTIVE_KEYS = 32;

    /// @dev Seconds; see `addSigningKey`.
    uint64 public constant CLOCK_TOLERANCE = 15 minutes;

    mapping(bytes32 priceHash => uint64 timestampS) public priceSheetPublishedAt;

    constructor(RegistryTerms memory terms) OperatorStakes(terms) {}

    /// @inheritdoc IOperatorRegistry
    function register(uint96 stake, address signingKey, uint64 activeFrom, string calldata endpoint)
        external
        nonReentrant
    {
        Standing storage standing = _standings[msg.sender];
        if (standing.state != STATE_NONE) revert AlreadyRegistered(msg.sender);
        if (stake < minStake) revert StakeBelowMinimum(stake, minStake);
        standing.state = STATE_OPEN;
        _stakes[msg.sender].amount = stake;
        emit OperatorRegistered(msg.sender, endpoint);
        emit StakeAdded(msg.sender, stake, stake);
        _addSigningKey(standing, signingKey, activeFrom);
        asset.safeTransferFrom(msg.sender, address(this), stake);
    }

    /// @inheritdoc IOperatorRegistry
    function setEndpoint(string calldata endpoint) external {
        _registered(msg.sender);
        emit EndpointChanged(msg.sender, endpoint);
    }

    /// @inheritdoc IOperatorRegistry
    function addSigningKey(address key, uint64 activeFrom) external {
        Standing storage standing = _registered(msg.sender);
        uint96 stake = _stakes[msg.sender].amount;
        if (stake < minStake) revert StakeBelowMinimum(stake, minStake);
        _addSigningKey(standing, key, activeFrom);
    }

    /// @inheritdoc IOperatorRegistry
    function revokeSigningKey(address key) external {
        _revokeSigningKey(msg.sender, key);
    }

    /// @inheritdoc IOperatorRegistry
    function retireSigningKey(address operator, address key) external {
        _registered(operator);
        uint96 stake = _stakes[operator].amount;
        if (stake >= minStake) revert StakeNotBelowMinimum(stake, minStake);
        _revokeSigningKey(operator, key);
    }

    /// @inheritdoc IOperatorRegistry
    function publishPriceSheet(PriceSheet calldata sheet) external returns (bytes32 priceHash) {
        _registered(msg.sender);
        if (sheet.operator != msg.sender) {
            revert SheetOperatorMismatch(sheet.operator, msg.sender);
        }
        if (sheet.validUntil != 0 && sheet.validUntil < sheet.validFrom) {
            revert SheetWindowEmpty(sheet.validFrom, sheet.validUntil);
        }
        priceHash = sheet.hashStruct();
        // The first time counts: publishing again must not make an old sheet look new.
        if (priceSheetPublishedAt[priceHash] == 0) {
            priceSheetPublishedAt[priceHash] = uint64(block.timestamp);
        }
        emit PriceSheetPublished(msg.sender, sheet.modelId, priceHash, sheet);
    }

    /// @inheritdoc IOperatorRegistry
    function pause() external {
        Standing storage standing = _registered(msg.sender);
        if (standing.state == STATE_PAUSED) revert AlreadyPaused(msg.sender);
        standing.state = STATE_PAUSED;
        emit OperatorPaused(msg.sender);
    }

    /// @inheritdoc IOperatorRegistry
    function resume() external {
        Standing storage standing = _registered(msg.sender);
        if (standing.state != STATE_PAUSED) revert NotPaused(msg.sender);
        standing.state = STATE_OPEN;
        emit OperatorResumed(msg.sender);
    }

    /// @inheritdoc IOperatorRegistry
    function signingKeyActiveAt(address operator, address key, uint64 timestampS)
        external
        view
        returns (bool)
    {
        KeyEpoch memory epoch = _keyEpochOf(operator, key);
        return isActiveAt(epoch.activeFrom, epoch.revokedAt, timestampS);
    }

    /// @inheritdoc IOperatorRegistry
    function signingKeys(address operator, address key)
        external
        view
        returns (uint64 activeFrom, uint64 revokedAt)
    {
        KeyEpoch memory epoch = _keyEpochOf(operator, key);
        return (epoch.activeFrom, epoch.revokedAt);
    }

    /// @inheritdoc IOperatorRegistry
    function operators(address operator) external view returns (Operator memory) {
        Stake memory held = _stakes[operator];
        Standing memory standing = _standings[operator];
        return Operator({
            stake: held.amount,
            unbonding: held.unbonding,
            withdrawableAt: held.withdrawableAt,
            activeKeys: standing.activeKeys,
            state: standing.state
        });
    }

    /// @inheritdoc IOperatorRegistry
    function isServing(address operator) external view returns (bool) {
        Standing memory standing = _standings[operator];
        return standing.state == STATE_OPEN && standing.activeKeys != 0
            && _stakes[operator].amount >= minStake;
    }

    /// @dev Writes to this registry's pages of the `ISigningKeyBook`.
    function _setKeyEpoch(address operator, address key, KeyEpoch memory epoch) internal virtual;

    /// @dev Reads them.
    function _keyEpochOf(address operator, address key)
        internal
        view
        virtual
        returns (KeyEpoch memory);

    function _addSigningKey(Standing storage standing, address key, uint64 activeFrom) private {
        if (key == address(0)) revert KeyIsZero();
        if (_keyEpochOf(msg.sender, key).activeFrom != 0) revert KeyAlreadyKnown(msg.sender, key);
        if (standing.activeKeys == MAX_ACTIVE_KEYS) {
            revert TooManyActiveKeys(standing.activeKeys, MAX_ACTIVE_KEYS);
        }
        uint64 nowS = uint64(block.timestamp);
        // Near a chain's genesis the difference would wrap; zero would mean "unknown".
        uint64 earliest = nowS > CLOCK_TOLERANCE ? nowS - CLOCK_TOLERANCE : 1;
        if (activeFrom < earliest) revert ActiveFromTooEarly(activeFrom, earliest);
        ++standing.activeKeys;
        _setKeyEpoch(msg.sender, key, KeyEpoch({activeFrom: activeFrom, revokedAt: 0}));
        emit SigningKeyAdded(msg.sender, key, activeFrom);
    }

    function _revokeSigningKey(address operator, address key) private {
        KeyEpoch memory epoch = _keyEpochOf(operator, key);
        if (epoch.activeFrom == 0 || epoch.revokedAt != 0) revert KeyNotActive(operator, key);
        uint64 nowS = uint64(block.timestamp);
        epoch.revokedAt = nowS;
        --_standings[operator].activeKeys;
        _setKeyEpoch(operator, key, epoch);
        emit SigningKeyRevoked(operator, key, nowS);
    }
}
