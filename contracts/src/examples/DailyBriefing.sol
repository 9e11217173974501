// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {JobTerms, Rhythm} from "../types/JobTerms.sol";
import {Policy} from "../types/Policy.sol";

/// @title DailyBriefing
/// @notice An example that keeps a schedule: one answer a day to one question, for everyone to read.
/// The same question can be asked at once by `askNow`.
contract DailyBriefing is InferenceConsumer {
    using SafeTransferLib for address;

    event BriefingReceived(bytes32 indexed jobId, bytes32 receiptDigest);

    error AlreadyStarted(bytes32 scheduleId);
    error SenderNotOwner(address sender, address owner);

    address public immutable owner;
    bytes public question;
    string public url;
    bytes32 public scheduleId;

    /// @notice The newest answer, when it came (unix seconds), and the receipt that vouches for it.
    bytes public briefing;
    uint64 public receivedAt;
    bytes32 public receiptDigest;

    JobTerms private _job;

    constructor(
        IInferenceCoordinator coordinator_,
        JobTerms memory terms,
        bytes memory question_,
        string memory url_
    ) InferenceConsumer(coordinator_, terms.gateway) {
        owner = msg.sender;
        _job = terms;
        question = question_;
        url = url_;
    }

    /// @notice Starts the schedule with money of the owner, who must have approved it.
    function start(uint32 daysMax, uint128 budget) external {
        if (msg.sender != owner) revert SenderNotOwner(msg.sender, owner);
        if (scheduleId != bytes32(0)) revert AlreadyStarted(scheduleId);
        address asset = coordinator.asset();
        asset.safeTransferFrom(msg.sender, address(this), budget);
        scheduleId = _schedule(
            _job, question, Rhythm({startsAt: 0, period: 1 days, runsMax: daysMax}), budget
        );
    }

    /// @notice Ends the schedule; what is left, refunds included, goes to the owner.
    function stop() external {
        if (msg.sender != owner) revert SenderNotOwner(msg.sender, owner);
        bytes32 ended = scheduleId;
        scheduleId = bytes32(0);
        coordinator.cancelSchedule(ended);
        _withdraw(owner);
    }

    /// @notice Asks at once (EIP-3668): wallets and libraries fetch the answer and verify it in
    /// `onOffchainAnswer`. Not older than an hour.
    function askNow() external view returns (bytes memory) {
        string[] memory urls = new string[](1);
        urls[0] = url;
        _askNow(urls, question, Policy(_job.modelId, _job.minTiers, 1 hours, _job.gateway));
    }

    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 digest) internal override {
        briefing = content;
        receivedAt = uint64(block.timestamp);
        receiptDigest = digest;
        emit BriefingReceived(jobId, digest);
    }
}
