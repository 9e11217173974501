// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Requests, answers, expiries, schedules and withdrawals in any order, with its own list of
/// what is open.
contract JobActor is JobFixture {
    uint256 public deliveries;
    uint256 public expiries;
    uint256 public pokes;
    bool public deliveredChanged;

    bytes32[] private _jobIds;
    bytes32[] private _scheduleIds;
    mapping(bytes32 jobId => bytes32) private _delivered;

    constructor() {
        setUpJobs();
        asset.mint(client, 1e15);
        vm.prank(client);
        asset.approve(address(coordinator), type(uint256).max);
    }

    function held() external view returns (uint256) {
        return asset.balanceOf(address(coordinator));
    }

    function owed() external view returns (uint256 sum) {
        address[4] memory accounts = [client, contributor, second, third];
        for (uint256 i = 0; i < 4; ++i) {
            sum += coordinator.balances(accounts[i]);
        }
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            if (coordinator.jobs(_jobIds[i]).state == 1) sum += _escrow();
        }
        for (uint256 i = 0; i < _scheduleIds.length; ++i) {
            sum += coordinator.schedules(_scheduleIds[i]).budget;
        }
    }

    function request() external {
        vm.prank(client);
        _jobIds.push(coordinator.request(_terms(), INPUT));
    }

    /// @dev A job without a detour: by the other steps alone many walks would deliver nothing.
    function requestAndServe(uint32 completionTokens) external {
        vm.prank(client);
        bytes32 jobId = coordinator.request(_terms(), INPUT);
        _jobIds.push(jobId);
        _answer(jobId, 0, completionTokens, ANSWER);
        _answer(jobId, 1, completionTokens / 2, ANSWER);
    }

    /// @dev To one of the newest jobs, which may still be open. Every fourth answer is another one, so
    /// that some jobs fail.
    function answer(uint256 index, uint256 who, uint32 completionTokens, uint8 kind) external {
        if (_jobIds.length == 0) return;
        uint256 age = index % (_jobIds.length < 3 ? _jobIds.length : 3);
        bytes32 jobId = _jobIds[_jobIds.length - 1 - age];
        _answer(jobId, who, completionTokens, kind % 4 == 0 ? abi.encode(who % 3) : ANSWER);
    }

    function expire(uint256 index, uint8 wait) external {
        if (_jobIds.length == 0) return;
        if (wait % 4 == 0) vm.warp(block.timestamp + 11 minutes);
        bytes32 jobId = _jobIds[index % _jobIds.length];
        try coordinator.expire(jobId, _terms()) {
            ++expiries;
        } catch {}
        _watch(jobId);
    }

    function schedule(uint64 budget) external {
        vm.prank(client);
        _scheduleIds.push(
            coordinator.schedule(
                _terms(), INPUT, Rhythm(0, 5 minutes, 4), uint128(_escrow() + budget % 100_000)
            )
        );
    }

    function poke(uint256 index) external {
        if (_scheduleIds.length == 0) return;
        try coordinator.poke(_scheduleIds[index % _scheduleIds.length], _terms(), INPUT) returns (
            bytes32 jobId
        ) {
            ++pokes;
            _jobIds.push(jobId);
        } catch {}
    }

    function cancel(uint256 index) external {
        if (_scheduleIds.length == 0) return;
        vm.prank(client);
        try coordinator.cancelSchedule(_scheduleIds[index % _scheduleIds.length]) {} catch {}
    }

    function withdraw(uint256 who) external {
        address[4] memory accounts = [client, contributor, second, third];
        vm.prank(accounts[who % 4]);
        try coordinator.withdraw(address(0xBEEF)) {} catch {}
    }

    function _answer(bytes32 jobId, uint256 who, uint32 completionTokens, bytes memory content)
        private
    {
        address by = who % 3 == 0 ? contributor : who % 3 == 1 ? second : third;
        uint256 key = who % 3 == 0 ? CONTRIBUTOR_KEY : who % 3 == 1 ? SECOND_KEY : THIRD_KEY;
        Receipt memory receipt = answerOf(jobId, INPUT, content, by);
        receipt.work.completionTokens = completionTokens;
        bytes memory packed = pack(receipt, key);
        try coordinator.fulfill(jobId, _terms(), content, listOf(packed), "") {} catch {}
        _watch(jobId);
    }

    function _watch(bytes32 jobId) private {
        IInferenceCoordinator.Job memory job = coordinator.jobs(jobId);
        if (_delivered[jobId] != bytes32(0)) {
            if (job.state != 2 || job.contentHash != _delivered[jobId]) deliveredChanged = true;
        } else if (job.state == 2) {
            _delivered[jobId] = job.contentHash;
            ++deliveries;
        }
    }

    function _terms() private view returns (JobTerms memory terms) {
        terms = jobTerms();
        terms.agreement = 2;
        terms.answersMax = 3;
    }

    function _escrow() private view returns (uint256) {
        return 2 * uint256(_terms().maxFee);
    }
}

contract InferenceCoordinatorInvariants {
    JobActor private _actor;

    function setUp() public {
        _actor = new JobActor();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    /// @dev With 2 of `InferenceJobs`: fees and refunds of each job come out of its escrow exactly, or
    /// the sums would drift apart.
    function invariant_1_2_the_balance_is_all_balances_open_escrows_and_budgets() public view {
        vm.assertEq(_actor.held(), _actor.owed());
    }

    function invariant_3_a_delivered_job_stays_as_it_was_delivered() public view {
        vm.assertFalse(_actor.deliveredChanged());
    }

    function afterInvariant() public view {
        vm.assertGt(_actor.deliveries(), 0, "nothing was delivered");
    }
}

/// @notice The walk that shows deliveries, expiries and pokes to be reachable.
contract JobActorReachTest {
    function test_the_actor_reaches_every_kind_of_step() public {
        JobActor actor = new JobActor();
        for (uint256 i = 0; i < 6; ++i) {
            actor.request();
            actor.schedule(uint64(i) * 10_000);
            actor.poke(i);
            actor.answer(0, 0, 100, 1);
            actor.answer(0, 1, 200, uint8(i % 3));
            actor.answer(0, 2, 300, uint8(i % 2));
            actor.expire(2 * i, uint8(i % 2));
            actor.requestAndServe(400);
            vm.assertGt(actor.deliveries(), i);
            actor.withdraw(i);
        }
        // Some of the answers given one by one agreed, too.
        vm.assertGt(actor.deliveries(), 6);
        vm.assertGt(actor.expiries(), 0);
        vm.assertGt(actor.pokes(), 0);
        vm.assertEq(actor.held(), actor.owed());
    }
}
