// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {InferenceJobs} from "./InferenceJobs.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {JobTerms, Rhythm} from "./types/JobTerms.sol";

/// @title InferenceCoordinator
/// @notice Jobs (`InferenceJobs`) and the schedules that open them; see `IInferenceCoordinator`.
contract InferenceCoordinator is InferenceJobs {
    using SafeTransferLib for address;

    uint32 public constant MIN_PERIOD = 1 minutes;

    mapping(bytes32 scheduleId => Schedule) private _schedules;

    constructor(address asset_, IReceiptVerifier verifier_, IOperatorRegistry contributors_)
        InferenceJobs(asset_, verifier_, contributors_)
    {}

    /// @inheritdoc IInferenceCoordinator
    function schedule(
        JobTerms calldata terms,
        bytes calldata input,
        Rhythm calldata rhythm,
        uint128 budget
    ) external nonReentrant returns (bytes32 scheduleId) {
        _requireValid(terms, input);
        if (rhythm.period < MIN_PERIOD) revert PeriodTooShort(rhythm.period, MIN_PERIOD);
        if (rhythm.runsMax == 0) revert RunsMaxIsZero();
        if (budget < _escrowOf(terms)) revert BudgetTooSmall(budget, _escrowOf(terms));

        scheduleId = keccak256(abi.encode(block.chainid, address(this), "schedule", ++_nonce));
        Schedule storage plan = _schedules[scheduleId];
        plan.consumer = msg.sender;
        plan.rhythm = rhythm;
        if (rhythm.startsAt < block.timestamp) plan.rhythm.startsAt = uint64(block.timestamp);
        plan.budget = budget;
        plan.inputHash = sha256(input);
        _termsHashes[scheduleId] = keccak256(abi.encode(terms));
        emit ScheduleCreated(scheduleId, msg.sender, terms, plan.rhythm, budget, input);
        asset.safeTransferFrom(msg.sender, address(this), budget);
    }

    /// @inheritdoc IInferenceCoordinator
    function poke(bytes32 scheduleId, JobTerms calldata terms, bytes calldata input)
        external
        nonReentrant
        returns (bytes32 jobId)
    {
        Schedule storage plan = _schedule(scheduleId);
        _requireTerms(scheduleId, terms);
        bytes32 inputHash = sha256(input);
        if (inputHash != plan.inputHash) revert ContentMismatch(plan.inputHash, inputHash);
        if (plan.runs == plan.rhythm.runsMax) revert ScheduleOver(scheduleId);
        uint128 escrow = _escrowOf(terms);
        if (plan.budget < escrow) revert BudgetTooSmall(plan.budget, escrow);
        uint32 interval = _intervalOf(plan);
        if (interval <= plan.lastInterval) {
            uint256 dueAt =
                uint256(plan.rhythm.startsAt) + uint256(plan.lastInterval) * plan.rhythm.period;
            revert ScheduleNotDue(scheduleId, dueAt, block.timestamp);
        }

        plan.lastInterval = interval;
        ++plan.runs;
        plan.budget -= escrow;
        jobId = _open(plan.consumer, terms, input);
        emit ScheduleRun(scheduleId, interval, jobId);
    }

    /// @inheritdoc IInferenceCoordinator
    function cancelSchedule(bytes32 scheduleId) external {
        Schedule storage plan = _schedule(scheduleId);
        if (msg.sender != plan.consumer) revert SenderNotConsumer(msg.sender, plan.consumer);
        uint128 left = plan.budget;
        delete _schedules[scheduleId];
        balances[msg.sender] += left;
        emit ScheduleCancelled(scheduleId, left);
    }

    /// @inheritdoc IInferenceCoordinator
    function intervalOf(bytes32 scheduleId) external view returns (uint32) {
        return _intervalOf(_schedule(scheduleId));
    }

    /// @inheritdoc IInferenceCoordinator
    function schedules(bytes32 scheduleId) external view returns (Schedule memory) {
        return _schedules[scheduleId];
    }

    /// @dev Intervals count from 1, like those of Infernet: the first begins at `startsAt`.
    function _intervalOf(Schedule storage plan) private view returns (uint32) {
        Rhythm memory rhythm = plan.rhythm;
        if (block.timestamp < rhythm.startsAt) return 0;
        return uint32((block.timestamp - rhythm.startsAt) / rhythm.period) + 1;
    }

    function _schedule(bytes32 scheduleId) private view returns (Schedule storage plan) {
        plan = _schedules[scheduleId];
        if (plan.consumer == address(0)) revert NoSchedule(scheduleId);
    }
}
