// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {JobTerms} from "../types/JobTerms.sol";

/// @title ModeratedBoard
/// @notice An example that acts on an answer: a post is published if the model says "allow".
contract ModeratedBoard is InferenceConsumer {
    using SafeTransferLib for address;

    event Posted(bytes32 indexed jobId, address indexed author);
    event Published(bytes32 indexed jobId, bytes32 receiptDigest);
    event Rejected(bytes32 indexed jobId, bytes32 receiptDigest);

    JobTerms private _job;

    mapping(bytes32 jobId => bytes32 postHash) public pending;
    mapping(bytes32 postHash => bool) public published;

    constructor(IInferenceCoordinator coordinator_, JobTerms memory terms)
        InferenceConsumer(coordinator_, terms.gateway)
    {
        _job = terms;
    }

    /// @notice Puts a post up for moderation; the author pays for it.
    function post(bytes calldata text) external returns (bytes32 jobId) {
        address asset = coordinator.asset();
        asset.safeTransferFrom(msg.sender, address(this), _job.escrow());
        // The model decides on the whole request: the instruction comes first and cannot be cut off.
        jobId = _request(_job, bytes.concat("Answer allow or deny.\n", text));
        pending[jobId] = keccak256(text);
        emit Posted(jobId, msg.sender);
    }

    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        override
    {
        bytes32 postHash = pending[jobId];
        delete pending[jobId];
        if (keccak256(content) == keccak256("allow")) {
            published[postHash] = true;
            emit Published(jobId, receiptDigest);
        } else {
            emit Rejected(jobId, receiptDigest);
        }
    }
}
