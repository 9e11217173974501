// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../InferenceConsumer.sol";
import {IInferenceCoordinator} from "../interfaces/IInferenceCoordinator.sol";
import {IInferenceInput} from "../interfaces/IInferenceInput.sol";
import {JobTerms, Rhythm} from "../types/JobTerms.sol";
import {PriceWindow} from "./PriceWindow.sol";
import {IPriceFeed} from "./VolatilityFund.sol";

/// @title RiskOracle
/// @notice An example that keeps a schedule: each period it asks with what it sees then, and takes an answer on which
/// several contributors agree. Agreement costs each of them, and no proof; it stands on at least one of those who
/// agree being honest.
/// @dev It pays from its own balance of the coordinator's asset.
contract RiskOracle is InferenceConsumer, PriceWindow, IInferenceInput {
    /// @param risk Expected volatility, as the model (see `models/volatility`) gives it out.
    event RiskUpdated(bytes32 indexed jobId, int256 risk, bytes32 receiptDigest);

    error SenderNotOwner(address sender, address owner);
    error AlreadyStarted(bytes32 scheduleId);

    uint32 private constant CALLBACK_GAS = 150_000;
    /// @dev `abi.encode` of so many values: an offset, their number, and they.
    uint256 private constant INPUT_LENGTH = 32 * (2 + RETURNS);

    address public immutable owner;
    bytes32 public immutable modelId;
    /// @notice So many of at most `answersMax` contributors must say the same.
    uint8 public immutable agreement;
    uint8 public immutable answersMax;

    bytes32 public scheduleId;
    int256 public risk;
    /// @notice When it was updated, in unix seconds.
    uint64 public updatedAt;

    modifier onlyOwner() {
        if (msg.sender != owner) revert SenderNotOwner(msg.sender, owner);
        _;
    }

    constructor(
        IInferenceCoordinator coordinator_,
        address gateway_,
        bytes32 modelId_,
        IPriceFeed feed_,
        uint32 period_,
        uint8 inputBits,
        uint8 agreement_,
        uint8 answersMax_
    ) InferenceConsumer(coordinator_, gateway_) PriceWindow(feed_, period_, inputBits) {
        owner = msg.sender;
        modelId = modelId_;
        agreement = agreement_;
        answersMax = answersMax_;
    }

    /// @notice Starts the schedule with what this contract holds.
    function start(Rhythm calldata rhythm, uint128 budget) external onlyOwner returns (bytes32) {
        if (scheduleId != bytes32(0)) revert AlreadyStarted(scheduleId);
        JobTerms memory terms = _terms(modelId, INPUT_LENGTH, 1, CALLBACK_GAS);
        terms.agreement = agreement;
        terms.answersMax = answersMax;
        // An answer of one period never comes after that of the next.
        terms.deliveryTime = rhythm.period;
        scheduleId = _schedule(terms, "", rhythm, budget);
        return scheduleId;
    }

    /// @notice Ends it; what is left goes to the owner.
    function stop() external onlyOwner {
        bytes32 ended = scheduleId;
        scheduleId = bytes32(0);
        coordinator.cancelSchedule(ended);
        _withdraw(owner);
    }

    /// @inheritdoc IInferenceInput
    function inferenceInput(bytes32, uint32) external view returns (bytes memory) {
        return _question();
    }

    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        override
    {
        risk = abi.decode(content, (int256[]))[0];
        updatedAt = uint64(block.timestamp);
        emit RiskUpdated(jobId, risk, receiptDigest);
    }
}
