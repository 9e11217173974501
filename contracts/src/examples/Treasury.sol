// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {PriceWindow} from "./PriceWindow.sol";
import {IPriceFeed} from "./VolatilityFund.sol";

/// @title Treasury
/// @notice An example that acts on a proof which comes to it: a treasury whose risky share follows the volatility that
/// a model (see `models/volatility`) expects. It asks, a gateway answers, and the proof is verified in the transaction
/// that delivers the answer. Nobody chooses the share: the input is what this contract saw, the output is proven.
/// @dev It pays for its questions from its own balance of the coordinator's asset.
contract Treasury is InferenceConsumer, PriceWindow {
    event RebalanceAsked(bytes32 indexed jobId);
    /// @param volatility As the model gives it out.
    /// @param shareBps Of the risky asset, in hundredths of a percent.
    event Rebalanced(
        bytes32 indexed jobId, int256 volatility, uint256 shareBps, bytes32 receiptDigest
    );

    error StillAsking(bytes32 jobId, uint64 until);

    uint32 private constant CALLBACK_GAS = 150_000;
    uint256 private constant ALL_BPS = 10_000;
    /// @notice Percent of volatility that the whole may have: twice as volatile a market halves the share.
    uint256 public constant TARGET_PERCENT = 2;

    bytes32 public immutable modelId;
    /// @dev A value v of the model's output stands for v / 2^bits percent.
    uint8 private immutable _outputBits;

    bytes32 public pendingJob;
    uint256 public shareBps;
    /// @notice When the share was set, in unix seconds.
    uint64 public rebalancedAt;

    constructor(
        IInferenceCoordinator coordinator_,
        address gateway_,
        bytes32 modelId_,
        IPriceFeed feed_,
        uint32 period_,
        uint8 inputBits,
        uint8 outputBits
    ) InferenceConsumer(coordinator_, gateway_) PriceWindow(feed_, period_, inputBits) {
        modelId = modelId_;
        _outputBits = outputBits;
    }

    /// @notice Asks for the volatility that follows the last prices. Anybody; one question at a time.
    function rebalance() external returns (bytes32 jobId) {
        IInferenceCoordinator.Job memory last = coordinator.jobs(pendingJob);
        if (last.state == 1 && block.timestamp <= last.deadline) {
            revert StillAsking(pendingJob, last.deadline);
        }
        jobId = _askProven(modelId, _question(), 1, CALLBACK_GAS);
        pendingJob = jobId;
        emit RebalanceAsked(jobId);
    }

    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        override
    {
        // What came after a newer question says nothing of now.
        if (jobId != pendingJob) return;
        int256 volatility = abi.decode(content, (int256[]))[0];
        shareBps = _shareFor(volatility);
        rebalancedAt = uint64(block.timestamp);
        // Here yours trades until it holds that share.
        emit Rebalanced(jobId, volatility, shareBps, receiptDigest);
    }

    function _shareFor(int256 volatility) private view returns (uint256) {
        if (volatility <= 0) return ALL_BPS;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 share = ((TARGET_PERCENT * ALL_BPS) << _outputBits) / uint256(volatility);
        return share < ALL_BPS ? share : ALL_BPS;
    }
}
