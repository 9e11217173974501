// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITierEvidence} from "./ITierEvidence.sol";

/// @title IProofRequests
/// @notice S5 for tier 64, first half: asking a gateway for the proof of an inference that a receipt of it
/// claims to be proven. Proofs lie with receipts and on no chain until somebody doubts one: to register each
/// would cost more than most are worth.
/// @dev (none) --requestProof--> open until `answerableUntil` --TierEvidence.proveInference--> true, for
/// good | --reportFalseTier--> false. A request is one of a gateway and an inference, not of a receipt:
/// one proof answers for all receipts that say the same.
interface IProofRequests {
    struct ProofRequest {
        address asker;
        /// @dev Unix seconds.
        uint64 answerableUntil;
        /// @dev Whether the bond is still held.
        bool isBonded;
    }

    /// @notice Whoever has the proof shows it to `TierEvidence` within the time; then `closeRequest` has the
    /// bond.
    event ProofRequested(
        bytes32 indexed requestId,
        address indexed gateway,
        address indexed asker,
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        uint64 answerableUntil
    );
    event RequestClosed(bytes32 indexed requestId, address indexed bondTo);
    event BondsWithdrawn(address indexed account, address indexed to, uint256 amount);

    error AlreadyProven(bytes32 modelId, bytes32 inputHash, bytes32 contentHash);
    error AlreadyRequested(bytes32 requestId, address asker);
    error ProofNotRequested(bytes32 requestId);
    error ProofTimeNotOver(uint256 answerableUntil, uint256 nowS);
    error NotProven(bytes32 modelId, bytes32 inputHash, bytes32 contentHash);

    /// @notice Gives the bond of a request that a proof answered to the gateway, for its gas. Anyone.
    function closeRequest(address gateway, bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external;

    /// @notice Pays out what the sender is owed of bonds.
    function withdrawBonds(address to) external;

    function requestIdOf(address gateway, bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external
        pure
        returns (bytes32);

    function proofRequests(bytes32 requestId)
        external
        view
        returns (address asker, uint64 answerableUntil, bool isBonded);

    /// @notice Atomic units of the gateways' asset.
    function bondsOwed(address account) external view returns (uint256);
    function proofBond() external view returns (uint96);
    function bondAsset() external view returns (address);
    function tierEvidence() external view returns (ITierEvidence);
}
