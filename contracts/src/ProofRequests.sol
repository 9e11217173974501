// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IProofRequests} from "./interfaces/IProofRequests.sol";
import {ITierEvidence} from "./interfaces/ITierEvidence.sol";
import {Work} from "./types/Work.sol";

/// @title ProofRequests
/// @notice See `IProofRequests`.
/// @dev Part of the slashing contract and not one of its own: who may take a gateway's stake is appointed
/// once, and what decides it should stand where it is taken.
abstract contract ProofRequests is IProofRequests {
    using SafeTransferLib for address;

    /// @dev Long enough to outlast an outage or a stretch of dear gas.
    uint64 public constant PROOF_TIME = 1 days;

    ITierEvidence public immutable tierEvidence;
    /// @notice Atomic units of `bondAsset`: more than the gas of the dearest proof is worth.
    uint96 public immutable proofBond;
    address public immutable bondAsset;

    mapping(bytes32 requestId => ProofRequest) public proofRequests;
    /// @notice Bonds that are to be withdrawn.
    mapping(address account => uint256) public bondsOwed;

    constructor(ITierEvidence tierEvidence_, uint96 proofBond_, address bondAsset_) {
        tierEvidence = tierEvidence_;
        proofBond = proofBond_;
        bondAsset = bondAsset_;
    }

    /// @inheritdoc IProofRequests
    function closeRequest(address gateway, bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        external
    {
        bytes32 requestId = requestIdOf(gateway, modelId, inputHash, contentHash);
        if (proofRequests[requestId].asker == address(0)) revert ProofNotRequested(requestId);
        if (tierEvidence.provenAt(modelId, inputHash, contentHash) == 0) {
            revert NotProven(modelId, inputHash, contentHash);
        }
        _giveBond(requestId, gateway);
    }

    /// @inheritdoc IProofRequests
    function withdrawBonds(address to) external {
        uint256 amount = bondsOwed[msg.sender];
        bondsOwed[msg.sender] = 0;
        emit BondsWithdrawn(msg.sender, to, amount);
        bondAsset.safeTransfer(to, amount);
    }

    /// @inheritdoc IProofRequests
    function requestIdOf(address gateway, bytes32 modelId, bytes32 inputHash, bytes32 contentHash)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(gateway, modelId, inputHash, contentHash));
    }

    /// @param work Of a receipt that its gateway signed, with a claim of tier 64.
    function _request(Work calldata work) internal {
        if (_isProven(work)) revert AlreadyProven(work.modelId, work.inputHash, work.contentHash);
        bytes32 requestId = _requestIdOf(work);
        ProofRequest storage request = proofRequests[requestId];
        if (request.asker != address(0)) revert AlreadyRequested(requestId, request.asker);
        uint64 answerableUntil = uint64(block.timestamp) + PROOF_TIME;
        request.asker = msg.sender;
        request.answerableUntil = answerableUntil;
        request.isBonded = true;
        emit ProofRequested(
            requestId,
            work.gateway,
            msg.sender,
            work.modelId,
            work.inputHash,
            work.contentHash,
            answerableUntil
        );
        // Last: nothing depends on it but the bond itself.
        bondAsset.safeTransferFrom(msg.sender, address(this), proofBond);
    }

    /// @dev Gives the bond back to whoever asked and says who that was; reverts while there is time left.
    function _concludeRequest(Work calldata work) internal returns (address asker) {
        bytes32 requestId = _requestIdOf(work);
        ProofRequest storage request = proofRequests[requestId];
        asker = request.asker;
        if (asker == address(0)) revert ProofNotRequested(requestId);
        if (block.timestamp <= request.answerableUntil) {
            revert ProofTimeNotOver(request.answerableUntil, block.timestamp);
        }
        _giveBond(requestId, asker);
    }

    /// @dev Also a proof that came late shows that the claim was true.
    function _isProven(Work calldata work) internal view returns (bool) {
        return tierEvidence.provenAt(work.modelId, work.inputHash, work.contentHash) != 0;
    }

    function _giveBond(bytes32 requestId, address to) private {
        if (!proofRequests[requestId].isBonded) return;
        proofRequests[requestId].isBonded = false;
        bondsOwed[to] += proofBond;
        emit RequestClosed(requestId, to);
    }

    function _requestIdOf(Work calldata work) private pure returns (bytes32) {
        return requestIdOf(work.gateway, work.modelId, work.inputHash, work.contentHash);
    }
}
