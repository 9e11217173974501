// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceSheet} from "../types/PriceSheet.sol";
import {ISigningKeyBook} from "./ISigningKeyBook.sol";

/// @title IOperatorRegistry
/// @notice Who serves, with which keys, for which prices, and with how much at stake. Contributors
/// and gateways have one registry each, both of this shape.
/// @dev An operator is the address that registered. Its signing keys are other addresses (EOAs or
/// ERC-1271 contracts) that sign receipts in its name, each for one stretch of time:
///
///     unknown --addSigningKey--> active from `activeFrom` --revokeSigningKey--> over at `revokedAt`
///
/// A key never comes back: a receipt that was good stays good, and a revoked key signs nothing new.
/// An operator with an unrevoked key cannot take its stake below the minimum, so that whoever can
/// still sign can still be slashed. Everything in here can be rebuilt from the events.
interface IOperatorRegistry {
    struct Operator {
        /// @dev Atomic units at stake, without what is unbonding. 96 bits hold 7.9e28.
        uint96 stake;
        /// @dev Atomic units on their way out; slashable until withdrawn.
        uint96 unbonding;
        /// @dev Unix seconds from which `unbonding` can be withdrawn.
        uint40 withdrawableAt;
        /// @dev Keys without a `revokedAt`. 8 bits: at most `MAX_ACTIVE_KEYS`.
        uint8 activeKeys;
        uint8 state;
    }

    struct Forfeit {
        address reporter;
        uint96 amount;
    }

    event OperatorRegistered(address indexed operator, string endpoint);
    event EndpointChanged(address indexed operator, string endpoint);
    event StakeAdded(address indexed operator, uint96 amount, uint96 stake);
    event SigningKeyAdded(address indexed operator, address indexed key, uint64 activeFrom);
    event SigningKeyRevoked(address indexed operator, address indexed key, uint64 revokedAt);
    event PriceSheetPublished(
        address indexed operator,
        bytes32 indexed modelId,
        bytes32 indexed priceHash,
        PriceSheet sheet
    );
    event OperatorPaused(address indexed operator);
    event OperatorResumed(address indexed operator);
    event UnbondingStarted(
        address indexed operator, uint96 amount, uint96 unbonding, uint40 withdrawableAt
    );
    event UnbondingCancelled(address indexed operator, uint96 amount, uint96 stake);
    event StakeWithdrawn(address indexed operator, address indexed to, uint96 amount);
    event OperatorSlashed(
        address indexed operator,
        bytes32 indexed faultId,
        address indexed reporter,
        uint96 amount,
        uint96 stake
    );
    event ForfeitPaid(
        bytes32 indexed faultId, address indexed reporter, uint96 reward, uint96 insured
    );
    event SlasherAppointed(address indexed slasher);

    error AssetIsZero();
    error UnbondingDelayTooShort(uint40 unbondingDelay, uint40 minimum);
    error InsuranceIsZero();
    error SenderNotAdmin(address sender, address admin);
    error SenderNotSlasher(address sender);
    error AlreadyRegistered(address operator);
    error NotRegistered(address operator);
    error StakeBelowMinimum(uint96 stake, uint96 minimum);
    error StakeNotBelowMinimum(uint96 stake, uint96 minimum);
    error AmountIsZero();
    error AmountExceedsStake(uint96 amount, uint96 stake);
    error ActiveKeysRemain(uint8 activeKeys);
    error KeyIsZero();
    error KeyAlreadyKnown(address operator, address key);
    error KeyNotActive(address operator, address key);
    error TooManyActiveKeys(uint8 activeKeys, uint8 maximum);
    error ActiveFromTooEarly(uint64 activeFrom, uint64 earliest);
    error SheetOperatorMismatch(address sheetOperator, address sender);
    error SheetWindowEmpty(uint64 validFrom, uint64 validUntil);
    error NotPaused(address operator);
    error AlreadyPaused(address operator);
    error NothingUnbonding(address operator);
    error UnbondingNotOver(uint40 withdrawableAt, uint256 nowS);
    error NothingToSlash(address operator);
    error FaultAlreadySlashed(bytes32 faultId);
    error NoForfeit(bytes32 faultId);

    /// @notice Registers the sender with a first signing key. Takes `stake` from it by allowance.
    /// @param stake Atomic units; at least the minimum.
    /// @param activeFrom See `addSigningKey`.
    /// @param endpoint Where the operator can be reached, e.g. `https://host/v1`.
    function register(uint96 stake, address signingKey, uint64 activeFrom, string calldata endpoint)
        external;

    function setEndpoint(string calldata endpoint) external;

    function addStake(uint96 amount) external;

    /// @notice Lets `key` sign for the sender from `activeFrom` on, for good or until revoked.
    /// @param activeFrom Unix seconds; at most `CLOCK_TOLERANCE` before this block, since the clock
    /// that dates receipts and the one of the chain never agree to the second.
    function addSigningKey(address key, uint64 activeFrom) external;

    /// @notice Ends the key at this block's time. What it signed before stays valid.
    function revokeSigningKey(address key) external;

    /// @notice As `revokeSigningKey`, by anyone, for an operator whose stake fell below the minimum.
    function retireSigningKey(address operator, address key) external;

    /// @notice Publishes what the sender asks for a model, whole in the event and by hash in storage.
    /// @return priceHash What receipts name as `priceHash`.
    function publishPriceSheet(PriceSheet calldata sheet) external returns (bytes32 priceHash);

    /// @notice Says that the sender takes no new work. Keys and stake stay as they are.
    function pause() external;

    function resume() external;

    /// @notice Starts the unbonding of `amount`; again while one runs: adds to it and starts anew.
    /// @dev To go below the minimum stake every signing key must be revoked first.
    function startUnbonding(uint96 amount) external;

    /// @notice Puts everything that is unbonding back at stake.
    function cancelUnbonding() external;

    /// @notice Pays out what has finished unbonding.
    function withdrawUnbonded(address to) external;

    /// @notice Takes up to `amount` from the operator's stake and then from what is unbonding, and
    /// books it under `faultId`. Slashers only.
    /// @param faultId Names the fault; each can be slashed once.
    /// @param amount Atomic units; `type(uint96).max` takes everything.
    /// @return taken Never zero: the call reverts when there is nothing to take.
    function slash(address operator, uint96 amount, bytes32 faultId, address reporter)
        external
        returns (uint96 taken);

    /// @notice Pays a forfeit: `REPORTER_SHARE_PERCENT` to the reporter, the rest to the insurance.
    function payForfeit(bytes32 faultId) external;

    /// @notice Names the contracts that may slash: the admin, once, for ever.
    function appointSlashers(address[] calldata slashers) external;

    /// @notice Whether `key` signs for `operator` at `timestampS` (unix seconds).
    /// @dev Says nothing about stake or pause: this is the one question a receipt asks.
    function signingKeyActiveAt(address operator, address key, uint64 timestampS)
        external
        view
        returns (bool);

    function signingKeys(address operator, address key)
        external
        view
        returns (uint64 activeFrom, uint64 revokedAt);

    /// @notice Where this registry keeps the signing keys of its operators.
    function keyBook() external view returns (ISigningKeyBook);

    function operators(address operator) external view returns (Operator memory);

    /// @notice Whether the operator is registered, not paused, has a key and its minimum at stake.
    function isServing(address operator) external view returns (bool);

    /// @return publishedAt Unix seconds; zero: this sheet was never published.
    function priceSheetPublishedAt(bytes32 priceHash) external view returns (uint64 publishedAt);

    function forfeits(bytes32 faultId) external view returns (address reporter, uint96 amount);

    function isSlasher(address account) external view returns (bool);

    function asset() external view returns (address);
    function minStake() external view returns (uint96);
    function unbondingDelay() external view returns (uint40);
    function insurance() external view returns (address);
}
