// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelProofs} from "../interfaces/IModelProofs.sol";
import {IReceiptVerifier} from "../interfaces/IReceiptVerifier.sol";
import {Policy} from "../types/Policy.sol";
import {Receipt} from "../types/Receipt.sol";

/// @title ScoredBoard
/// @notice An example that acts on a receipt and a proof: a post stands if a model (see `models/moderation`)
/// gives its embedding a low score. The score is proven. That the embedding is the text's is the author's
/// claim: the event names both, and everybody with the model that embeds can compute it again.
contract ScoredBoard {
    /// @notice One post, and the answer that it stands on.
    struct Answer {
        int256 logOdds;
        Receipt receipt;
        bytes contributorSignature;
        bytes gatewaySignature;
        /// @dev abi.encode(int256[] embedding, int256[] logOdds, bytes proof).
        bytes proof;
    }

    event Posted(
        address indexed author, bytes32 indexed receiptDigest, string text, bytes32 embeddingHash
    );

    error ScoreTooHigh(int256 logOdds, int256 maximum);
    error ReceiptOfOther(address client, address sender);
    error ReceiptRefused(bytes32 digest);
    error ReceiptUsed(bytes32 digest);
    error ProofRefused(bytes32 digest);

    IModelProofs public immutable models;
    IReceiptVerifier public immutable verifier;
    bytes32 public immutable modelId;
    address public immutable gateway;
    /// @notice As the model gives it out: the highest score that is published.
    int256 public immutable maxLogOdds;

    mapping(bytes32 receiptDigest => bool) public isUsed;

    constructor(
        IModelProofs models_,
        IReceiptVerifier verifier_,
        bytes32 modelId_,
        address gateway_,
        int256 maxLogOdds_
    ) {
        models = models_;
        verifier = verifier_;
        modelId = modelId_;
        gateway = gateway_;
        maxLogOdds = maxLogOdds_;
    }

    /// @notice Publishes `text`: the sender's, by a receipt of the last hour that was used for no other.
    function post(string calldata text, Answer calldata answer) external {
        Receipt calldata receipt = answer.receipt;
        bytes32 digest = verifier.digestOf(receipt);
        if (answer.logOdds > maxLogOdds) revert ScoreTooHigh(answer.logOdds, maxLogOdds);
        if (receipt.client != msg.sender) revert ReceiptOfOther(receipt.client, msg.sender);
        if (isUsed[digest]) revert ReceiptUsed(digest);
        isUsed[digest] = true;
        int256[] memory outputs = new int256[](1);
        outputs[0] = answer.logOdds;
        if (!verifier.verifyContent(
                receipt,
                answer.contributorSignature,
                answer.gatewaySignature,
                abi.encode(outputs),
                // Signed by gateway and contributor, with a proof.
                Policy(modelId, 1 | 2 | 64, 1 hours, gateway)
            )) revert ReceiptRefused(digest);
        bytes32 inputHash = receipt.work.inputHash;
        if (!models.verifyInference(modelId, inputHash, receipt.work.contentHash, answer.proof)) {
            revert ProofRefused(digest);
        }
        emit Posted(msg.sender, digest, text, inputHash);
    }
}
