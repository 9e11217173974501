// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {IInferenceInput} from "../src/interfaces/IInferenceInput.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Requests, answers one by one and several at once, expiries, schedules and withdrawals in any order,
/// with its own list of what is open. It is the consumer of schedules that ask another question each time.
contract JobActor is JobFixture, IInferenceInput {
    uint96 private constant DELIVERY_FEE = 300;

    uint256 public deliveries;
    uint256 public deliveriesAtOnce;
    uint256 public privateDeliveries;
    uint256 public dynamicDeliveries;
    uint256 public expiries;
    uint256 public pokes;
    uint256 public dynamicPokes;
    bool public deliveredChanged;
    bool public gatewayPaidWrongly;

    bytes32[] private _jobIds;
    bytes32[] private _scheduleIds;
    bytes32[] private _dynamicIds;
    mapping(bytes32 jobId => bytes) private _inputs;
    mapping(bytes32 jobId => bool) private _isPrivate;
    mapping(bytes32 jobId => bool) private _isDynamic;
    mapping(bytes32 jobId => bytes32) private _delivered;
    /// @dev What the gateway should have got so far, withdrawn or not.
    uint256 private _gatewayEarned;
    uint256 private _gatewayWithdrew;

    constructor() {
        setUpJobs();
        asset.mint(client, 1e15);
        vm.prank(client);
        asset.approve(address(coordinator), type(uint256).max);
        asset.mint(address(this), 1e15);
        asset.approve(address(coordinator), type(uint256).max);
    }

    function held() external view returns (uint256) {
        return asset.balanceOf(address(coordinator));
    }

    function owed() external view returns (uint256 sum) {
        address[6] memory accounts = _accounts();
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum += coordinator.balances(accounts[i]);
        }
        for (uint256 i = 0; i < _jobIds.length; ++i) {
            if (coordinator.jobs(_jobIds[i]).state == 1) sum += _terms().escrow();
        }
        for (uint256 i = 0; i < _scheduleIds.length; ++i) {
            sum += coordinator.schedules(_scheduleIds[i]).budget;
        }
        for (uint256 i = 0; i < _dynamicIds.length; ++i) {
            sum += coordinator.schedules(_dynamicIds[i]).budget;
        }
    }

    function inferenceInput(bytes32, uint32 interval) external pure returns (bytes memory) {
        // Every fourth run has no question.
        return interval % 4 == 0 ? bytes("") : abi.encodePacked("run ", interval);
    }

    function request() external {
        vm.prank(client);
        _remember(coordinator.request(_terms(), INPUT), INPUT);
    }

    function requestPrivate(uint8 salt) external {
        bytes memory input = abi.encodePacked("secret ", salt);
        bytes32 inputHash = sha256(input);
        vm.prank(client);
        bytes32 jobId = coordinator.requestPrivate(_terms(), inputHash);
        _remember(jobId, input);
        _isPrivate[jobId] = true;
    }

    /// @dev Jobs without a detour: by the other steps alone many walks would deliver nothing.
    function requestAndServe(uint32 completionTokens, bool isPrivate) external {
        if (isPrivate) this.requestPrivate(uint8(completionTokens));
        else this.request();
        bytes32 jobId = _jobIds[_jobIds.length - 1];
        _answer(jobId, 0, completionTokens, ANSWER);
        _answer(jobId, 1, completionTokens / 2, ANSWER);
    }

    function requestAndServeAtOnce(uint32 completionTokens, uint8 order) external {
        this.request();
        _answerAtOnce(_jobIds[_jobIds.length - 1], order, completionTokens);
    }

    function runDynamic(uint32 completionTokens) external {
        _dynamicIds.push(
            coordinator.schedule(_terms(), "", Rhythm(0, 5 minutes, 2), 2 * _terms().escrow())
        );
        bytes32 jobId = _pokeDynamic(_dynamicIds[_dynamicIds.length - 1]);
        if (jobId != bytes32(0)) _answerAtOnce(jobId, 0, completionTokens);
    }

    /// @dev To one of the newest jobs, which may still be open. Every fourth answer is another one, so
    /// that some jobs fail.
    function answer(uint256 index, uint256 who, uint32 completionTokens, uint8 kind) external {
        if (_jobIds.length == 0) return;
        uint256 age = index % (_jobIds.length < 3 ? _jobIds.length : 3);
        bytes32 jobId = _jobIds[_jobIds.length - 1 - age];
        _answer(jobId, who, completionTokens, kind % 4 == 0 ? abi.encode(who % 3) : ANSWER);
    }

    /// @dev Two or three answers, with one of them twice.
    function answerAtOnce(uint256 index, uint8 order, uint32 completionTokens) external {
        if (_jobIds.length == 0) return;
        uint256 age = index % (_jobIds.length < 3 ? _jobIds.length : 3);
        _answerAtOnce(_jobIds[_jobIds.length - 1 - age], order, completionTokens);
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
        uint128 all = uint128(_terms().escrow() + budget % 100_000);
        vm.prank(client);
        _scheduleIds.push(coordinator.schedule(_terms(), INPUT, Rhythm(0, 5 minutes, 4), all));
    }

    function poke(uint256 index) external {
        if (_scheduleIds.length != 0) {
            bytes32 id = _scheduleIds[index % _scheduleIds.length];
            try coordinator.poke(id, _terms(), INPUT) returns (bytes32 jobId) {
                ++pokes;
                _remember(jobId, INPUT);
            } catch {}
        }
        if (_dynamicIds.length != 0) _pokeDynamic(_dynamicIds[index % _dynamicIds.length]);
    }

    function cancel(uint256 index) external {
        if (_scheduleIds.length != 0) {
            vm.prank(client);
            try coordinator.cancelSchedule(_scheduleIds[index % _scheduleIds.length]) {} catch {}
        }
        if (_dynamicIds.length != 0 && index % 3 == 0) {
            try coordinator.cancelSchedule(_dynamicIds[index % _dynamicIds.length]) {} catch {}
        }
    }

    function withdraw(uint256 who) external {
        address account = _accounts()[who % 6];
        uint256 booked = coordinator.balances(account);
        vm.prank(account);
        try coordinator.withdraw(address(0xBEEF)) {
            if (account == gateway) _gatewayWithdrew += booked;
        } catch {}
    }

    function _accounts() private view returns (address[6] memory) {
        return [client, contributor, second, third, gateway, address(this)];
    }

    function _remember(bytes32 jobId, bytes memory input) private {
        _jobIds.push(jobId);
        _inputs[jobId] = input;
    }

    function _pokeDynamic(bytes32 id) private returns (bytes32) {
        try coordinator.poke(id, _terms(), "") returns (bytes32 jobId) {
            ++dynamicPokes;
            uint32 interval = coordinator.schedules(id).lastInterval;
            _remember(jobId, abi.encodePacked("run ", interval));
            _isDynamic[jobId] = true;
            return jobId;
        } catch {
            return bytes32(0);
        }
    }

    function _answer(bytes32 jobId, uint256 who, uint32 completionTokens, bytes memory content)
        private
    {
        bytes[] memory packed = listOf(_pack(jobId, who, completionTokens, content));
        try coordinator.fulfill(jobId, _terms(), content, packed, "") {} catch {}
        _watch(jobId);
    }

    function _answerAtOnce(bytes32 jobId, uint8 order, uint32 completionTokens) private {
        bytes[] memory packed = new bytes[](3);
        packed[0] = _pack(jobId, order, completionTokens, ANSWER);
        packed[1] = packed[0];
        packed[2] = _pack(jobId, uint256(order) + 1, completionTokens / 3, ANSWER);
        bool wasOpen = coordinator.jobs(jobId).state == 1;
        try coordinator.fulfill(jobId, _terms(), ANSWER, packed, "") {
            if (wasOpen && coordinator.jobs(jobId).state == 2) ++deliveriesAtOnce;
        } catch {}
        _watch(jobId);
    }

    function _pack(bytes32 jobId, uint256 who, uint32 completionTokens, bytes memory content)
        private
        view
        returns (bytes memory)
    {
        address by = who % 3 == 0 ? contributor : who % 3 == 1 ? second : third;
        uint256 key = who % 3 == 0 ? CONTRIBUTOR_KEY : who % 3 == 1 ? SECOND_KEY : THIRD_KEY;
        Receipt memory receipt = answerOf(jobId, _inputs[jobId], content, by);
        receipt.work.completionTokens = completionTokens;
        return pack(receipt, key);
    }

    function _watch(bytes32 jobId) private {
        IInferenceCoordinator.Job memory job = coordinator.jobs(jobId);
        if (_delivered[jobId] != bytes32(0)) {
            if (job.state != 2 || job.contentHash != _delivered[jobId]) deliveredChanged = true;
        } else if (job.state == 2) {
            _delivered[jobId] = job.contentHash;
            _gatewayEarned += DELIVERY_FEE;
            ++deliveries;
            if (_isPrivate[jobId]) ++privateDeliveries;
            if (_isDynamic[jobId]) ++dynamicDeliveries;
        }
        if (coordinator.balances(gateway) + _gatewayWithdrew != _gatewayEarned) {
            gatewayPaidWrongly = true;
        }
    }

    function _terms() private view returns (JobTerms memory terms) {
        terms = jobTerms();
        terms.agreement = 2;
        terms.answersMax = 3;
        terms.deliveryFee = DELIVERY_FEE;
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

    /// @dev The fee of delivering is paid once for each delivered job, and for nothing else.
    function invariant_4_the_gateway_got_a_fee_for_each_delivery() public view {
        vm.assertFalse(_actor.gatewayPaidWrongly());
    }

    function afterInvariant() public view {
        vm.assertGt(_actor.deliveries(), 0, "nothing was delivered");
        vm.assertGt(_actor.deliveriesAtOnce(), 0, "nothing was delivered at once");
        vm.assertGt(_actor.dynamicDeliveries(), 0, "no run of a dynamic schedule was delivered");
        vm.assertGt(_actor.privateDeliveries(), 0, "no private answer was delivered");
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
            actor.requestAndServe(400, i % 2 == 0);
            actor.requestAndServeAtOnce(400, uint8(i));
            actor.requestPrivate(uint8(i));
            actor.answerAtOnce(0, uint8(i), 500);
            actor.runDynamic(600);
            vm.assertGt(actor.deliveries(), i);
            actor.withdraw(i);
        }
        // Some of the answers given one by one agreed, too.
        vm.assertGt(actor.deliveries(), 24);
        vm.assertGt(actor.deliveriesAtOnce(), 12);
        vm.assertGt(actor.privateDeliveries(), 6);
        vm.assertGt(actor.dynamicDeliveries(), 4);
        vm.assertGt(actor.dynamicPokes(), 5);
        vm.assertFalse(actor.gatewayPaidWrongly());
        vm.assertGt(actor.expiries(), 0);
        vm.assertGt(actor.pokes(), 0);
        vm.assertEq(actor.held(), actor.owed());
    }
}
