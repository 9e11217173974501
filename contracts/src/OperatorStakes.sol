// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title OperatorStakes
/// @notice What operators have at stake: how it comes in, leaves, and is lost; see
/// `IOperatorRegistry`.
/// @dev Invariants, held by `OperatorRegistry.invariants.t.sol`:
///
/// 1. Balance of the asset = Σ stake + Σ unbonding + Σ forfeits not yet paid.
/// 2. An operator with an unrevoked key that was never slashed has at least the minimum at stake.
/// 4. Each fault id is slashed at most once and paid at most once.
abstract contract OperatorStakes is IOperatorRegistry, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev A slot of its own: slashing everything empties it, for which the chain gives gas back
    /// (EIP-3529). What is paid instead is a second slot at registration, which is once.
    struct Stake {
        uint96 amount;
        uint96 unbonding;
        uint40 withdrawableAt;
    }

    struct Standing {
        uint8 activeKeys;
        uint8 state;
    }

    uint8 internal constant STATE_NONE = 0;
    uint8 internal constant STATE_OPEN = 1;
    uint8 internal constant STATE_PAUSED = 2;

    /// @dev Evidence is good for as long as stake can be reached: never less than a week.
    uint40 public constant MIN_UNBONDING_DELAY = 7 days;

    /// @dev Well under half, so that slashing oneself is never a way out.
    uint96 public constant REPORTER_SHARE_PERCENT = 20;

    address public immutable asset;
    address public immutable insurance;
    uint96 public immutable minStake;
    uint40 public immutable unbondingDelay;

    /// @notice May appoint the slashers; zero once it has.
    address public admin;

    mapping(address account => bool) public isSlasher;
    mapping(bytes32 faultId => Forfeit) public forfeits;

    mapping(address operator => Stake) internal _stakes;
    mapping(address operator => Standing) internal _standings;

    constructor(RegistryTerms memory terms) {
        if (terms.asset == address(0)) revert AssetIsZero();
        if (terms.insurance == address(0)) revert InsuranceIsZero();
        if (terms.minStake == 0) revert AmountIsZero();
        if (terms.unbondingDelay < MIN_UNBONDING_DELAY) {
            revert UnbondingDelayTooShort(terms.unbondingDelay, MIN_UNBONDING_DELAY);
        }
        asset = terms.asset;
        minStake = terms.minStake;
        unbondingDelay = terms.unbondingDelay;
        insurance = terms.insurance;
        admin = terms.admin;
    }

    /// @inheritdoc IOperatorRegistry
    function addStake(uint96 amount) external nonReentrant {
        if (amount == 0) revert AmountIsZero();
        _registered(msg.sender);
        uint96 stake = _stakes[msg.sender].amount + amount;
        _stakes[msg.sender].amount = stake;
        emit StakeAdded(msg.sender, amount, stake);
        asset.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IOperatorRegistry
    function startUnbonding(uint96 amount) external {
        if (amount == 0) revert AmountIsZero();
        uint8 activeKeys = _registered(msg.sender).activeKeys;
        Stake storage held = _stakes[msg.sender];
        if (amount > held.amount) revert AmountExceedsStake(amount, held.amount);
        uint96 stake = held.amount - amount;
        if (stake < minStake && activeKeys != 0) revert ActiveKeysRemain(activeKeys);
        uint96 unbonding = held.unbonding + amount;
        uint40 withdrawableAt = uint40(block.timestamp) + unbondingDelay;
        held.amount = stake;
        held.unbonding = unbonding;
        held.withdrawableAt = withdrawableAt;
        emit UnbondingStarted(msg.sender, amount, unbonding, withdrawableAt);
    }

    /// @inheritdoc IOperatorRegistry
    function cancelUnbonding() external {
        _registered(msg.sender);
        Stake storage held = _stakes[msg.sender];
        uint96 amount = held.unbonding;
        if (amount == 0) revert NothingUnbonding(msg.sender);
        uint96 stake = held.amount + amount;
        held.amount = stake;
        held.unbonding = 0;
        emit UnbondingCancelled(msg.sender, amount, stake);
    }

    /// @inheritdoc IOperatorRegistry
    function withdrawUnbonded(address to) external nonReentrant {
        _registered(msg.sender);
        Stake storage held = _stakes[msg.sender];
        uint96 amount = held.unbonding;
        if (amount == 0) revert NothingUnbonding(msg.sender);
        if (block.timestamp < held.withdrawableAt) {
            revert UnbondingNotOver(held.withdrawableAt, block.timestamp);
        }
        held.unbonding = 0;
        emit StakeWithdrawn(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    /// @inheritdoc IOperatorRegistry
    function slash(address operator, uint96 amount, bytes32 faultId, address reporter)
        external
        returns (uint96 taken)
    {
        if (!isSlasher[msg.sender]) revert SenderNotSlasher(msg.sender);
        Forfeit storage forfeit = forfeits[faultId];
        if (forfeit.reporter != address(0)) revert FaultAlreadySlashed(faultId);
        Stake storage held = _stakes[operator];
        (uint96 stake, uint96 unbonding) = (held.amount, held.unbonding);

        uint96 fromStake = amount < stake ? amount : stake;
        uint96 stillDue = amount - fromStake;
        uint96 fromUnbonding = stillDue < unbonding ? stillDue : unbonding;
        taken = fromStake + fromUnbonding;
        if (taken == 0) revert NothingToSlash(operator);

        held.amount = stake - fromStake;
        if (fromUnbonding != 0) held.unbonding = unbonding - fromUnbonding;
        forfeit.reporter = reporter;
        forfeit.amount = taken;
        emit OperatorSlashed(operator, faultId, reporter, taken, stake - fromStake);
    }

    /// @inheritdoc IOperatorRegistry
    function payForfeit(bytes32 faultId) external nonReentrant {
        Forfeit memory forfeit = forfeits[faultId];
        if (forfeit.amount == 0) revert NoForfeit(faultId);
        // The reporter stays: it marks the fault as slashed.
        forfeits[faultId].amount = 0;
        uint96 reward = uint96((uint256(forfeit.amount) * REPORTER_SHARE_PERCENT) / 100);
        uint96 insured = forfeit.amount - reward;
        emit ForfeitPaid(faultId, forfeit.reporter, reward, insured);
        asset.safeTransfer(forfeit.reporter, reward);
        asset.safeTransfer(insurance, insured);
    }

    /// @inheritdoc IOperatorRegistry
    function appointSlashers(address[] calldata slashers) external {
        if (msg.sender != admin) revert SenderNotAdmin(msg.sender, admin);
        admin = address(0);
        for (uint256 i = 0; i < slashers.length; ++i) {
            isSlasher[slashers[i]] = true;
            emit SlasherAppointed(slashers[i]);
        }
    }

    function _registered(address account) internal view returns (Standing storage standing) {
        standing = _standings[account];
        if (standing.state == STATE_NONE) revert NotRegistered(account);
    }
}
