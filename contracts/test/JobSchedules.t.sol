// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {MoodyAsker} from "./hostile/AskingSchedules.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Schedules whose consumer says another input each time.
contract JobSchedulesTest is JobFixture {
    uint128 private constant BUDGET = 40_000;

    MoodyAsker private _asker;
    bytes32 private _scheduleId;

    function setUp() public {
        setUpJobs();
        _asker = new MoodyAsker(coordinator, gateway);
        asset.mint(address(_asker), BUDGET);
        _scheduleId = _asker.start(_terms(), Rhythm(0, 1 hours, 3), BUDGET);
    }

    function test_each_run_asks_what_the_consumer_says_then() public {
        bytes32[2] memory jobIds;
        for (uint32 run = 1; run <= 2; ++run) {
            vm.recordLogs();
            jobIds[run - 1] = coordinator.poke(_scheduleId, _terms(), "");
            AskedJob memory asked = lastAsked();
            vm.assertEq(asked.jobId, jobIds[run - 1]);
            vm.assertEq(asked.consumer, address(_asker));
            vm.assertEq(asked.input, abi.encodePacked("run ", run));
            deliver(asked, ANSWER);
            vm.assertEq(_asker.answer(), ANSWER);
            vm.warp(block.timestamp + 1 hours);
        }
        vm.assertTrue(jobIds[0] != jobIds[1]);
    }

    function test_a_poker_brings_no_input_of_its_own() public {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCoordinator.InputTooLong.selector, INPUT.length, 0)
        );
        coordinator.poke(_scheduleId, _terms(), INPUT);
    }

    function test_a_consumer_that_says_nothing_usable_opens_no_run_and_loses_none() public {
        JobTerms memory terms = _terms();
        bytes memory unavailable = abi.encodeWithSelector(
            IInferenceCoordinator.InputUnavailable.selector, _scheduleId, uint32(1)
        );
        MoodyAsker.Mood[5] memory moods = [
            MoodyAsker.Mood.Revert,
            MoodyAsker.Mood.BurnGas,
            MoodyAsker.Mood.ReturnMegabytes,
            MoodyAsker.Mood.SayNothing,
            MoodyAsker.Mood.SayTooMuch
        ];
        for (uint256 i = 0; i < moods.length; ++i) {
            _asker.setMood(moods[i]);
            vm.expectRevert(unavailable);
            coordinator.poke(_scheduleId, terms, "");
        }
        _asker.setMood(MoodyAsker.Mood.ReturnNonsense);
        vm.expectRevert();
        coordinator.poke(_scheduleId, terms, "");
        vm.assertEq(coordinator.schedules(_scheduleId).budget, BUDGET);
        vm.assertEq(coordinator.schedules(_scheduleId).lastInterval, 0);
        _asker.setMood(MoodyAsker.Mood.Say);
        coordinator.poke(_scheduleId, terms, "");
        vm.assertEq(coordinator.schedules(_scheduleId).lastInterval, 1);
    }

    function test_what_a_consumer_does_with_its_turn_costs_the_poker_no_more() public {
        JobTerms memory terms = _terms();
        MoodyAsker.Mood[2] memory moods = [MoodyAsker.Mood.BurnGas, MoodyAsker.Mood.ReturnMegabytes];
        for (uint256 i = 0; i < moods.length; ++i) {
            _asker.setMood(moods[i]);
            uint256 before = gasleft();
            try coordinator.poke(_scheduleId, terms, "") {} catch {}
            vm.assertLe(before - gasleft(), 1_000_000 + 150_000);
        }
    }

    function test_a_consumer_can_write_nothing_while_it_is_asked() public {
        _asker.setMood(MoodyAsker.Mood.Write);
        vm.recordLogs();
        coordinator.poke(_scheduleId, _terms(), "");
        vm.assertEq(lastAsked().input, "kept");
    }

    /// @dev The consumer gets its gas or there is no run, so the gas that is sent chooses no input.
    function test_a_poker_cannot_choose_the_input_by_its_gas(uint32 gas) public {
        _asker.setMood(MoodyAsker.Mood.SayByGas);
        JobTerms memory terms = _terms();
        vm.expectPartialRevert(IInferenceCoordinator.InputGasMissing.selector);
        coordinator.poke{gas: 900_000}(_scheduleId, terms, "");
        vm.recordLogs();
        try coordinator.poke{gas: 600_000 + uint256(gas % 1_000_000)}(_scheduleId, terms, "") {
            vm.assertEq(lastAsked().input, "much");
        } catch {
            vm.assertEq(coordinator.schedules(_scheduleId).lastInterval, 0);
        }
    }

    function test_a_schedule_of_one_question_keeps_asking_it() public {
        bytes32 inputHash = sha256(INPUT);
        asset.mint(client, BUDGET);
        vm.startPrank(client);
        asset.approve(address(coordinator), BUDGET);
        bytes32 id = coordinator.schedule(_terms(), INPUT, Rhythm(0, 1 hours, 3), BUDGET);
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceCoordinator.ContentMismatch.selector, inputHash, sha256("")
            )
        );
        coordinator.poke(id, _terms(), "");
        bytes32 first = coordinator.poke(id, _terms(), INPUT);
        vm.warp(block.timestamp + 1 hours);
        vm.assertTrue(coordinator.poke(id, _terms(), INPUT) != first);
    }

    function _terms() private view returns (JobTerms memory terms) {
        terms = jobTerms();
        terms.callbackGas = 200_000;
    }
}
