// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "../../src/InferenceConsumer.sol";
import {IInferenceCoordinator} from "../../src/interfaces/IInferenceCoordinator.sol";
import {IInferenceInput} from "../../src/interfaces/IInferenceInput.sol";
import {JobTerms, Rhythm} from "../../src/types/JobTerms.sol";

/// @notice A consumer of a dynamic schedule that can be told to misbehave when it is asked for its input.
contract MoodyAsker is InferenceConsumer, IInferenceInput {
    enum Mood {
        Say,
        Revert,
        BurnGas,
        ReturnMegabytes,
        ReturnNonsense,
        SayNothing,
        SayTooMuch,
        Write,
        SayByGas
    }

    Mood public mood;
    bytes public answer;

    constructor(IInferenceCoordinator coordinator_, address gateway_)
        InferenceConsumer(coordinator_, gateway_)
    {}

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function start(JobTerms calldata terms, Rhythm calldata rhythm, uint128 budget)
        external
        returns (bytes32)
    {
        return _schedule(terms, "", rhythm, budget);
    }

    function inferenceInput(bytes32 scheduleId, uint32 interval)
        external
        view
        returns (bytes memory)
    {
        if (mood == Mood.Revert) revert("not in the mood");
        if (mood == Mood.BurnGas) while (true) {}
        if (mood == Mood.ReturnMegabytes) {
            assembly ("memory-safe") {
                return(0, 300000)
            }
        }
        if (mood == Mood.ReturnNonsense) {
            assembly ("memory-safe") {
                mstore(0, not(0))
                mstore(32, not(0))
                return(0, 64)
            }
        }
        if (mood == Mood.SayNothing) return "";
        if (mood == Mood.SayTooMuch) return new bytes(32_769);
        if (mood == Mood.Write) {
            // A view may call; whatever would be written by that is refused.
            IInferenceCoordinator(coordinator).schedules(scheduleId);
            (bool done,) = address(coordinator)
                .staticcall(abi.encodeCall(IInferenceCoordinator.cancelSchedule, (scheduleId)));
            return done ? bytes("cancelled") : bytes("kept");
        }
        if (mood == Mood.SayByGas) return gasleft() > 900_000 ? bytes("much") : bytes("little");
        return abi.encodePacked("run ", interval);
    }

    function _onAnswer(bytes32, bytes calldata content, bytes32) internal override {
        answer = content;
    }
}
