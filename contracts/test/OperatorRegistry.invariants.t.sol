// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Two operators and a slasher in any order. It counts what went through and keeps its own
/// list of forfeits.
contract OperatorActor is ReceiptFixture {
    uint256 public stakesAdded;
    uint256 public unbondingsStarted;
    uint256 public withdrawals;
    uint256 public slashes;
    uint256 public unpaidForfeits;
    bool public epochChanged;
    mapping(address operator => bool) public everSlashed;

    address[2] private _operatorList;
    bytes32[] private _faults;
    uint256 private _keyCount = 10_000;

    constructor() {
        setUpReceipts();
        _operatorList = [gateway, client];
        register(gateways, client, OTHER_KEY);
        address[] memory list = new address[](1);
        list[0] = address(this);
        vm.prank(admin);
        gateways.appointSlashers(list);
    }

    function registry() external view returns (IOperatorRegistry) {
        return gateways;
    }

    function held() external view returns (uint256) {
        return asset.balanceOf(address(gateways));
    }

    function operatorAt(uint256 index) public view returns (address) {
        return _operatorList[index % 2];
    }

    function addStake(uint256 index, uint96 amount) external {
        address operator = operatorAt(index);
        amount = 1 + amount % 2_000e6;
        asset.mint(operator, amount);
        vm.startPrank(operator);
        asset.approve(address(gateways), amount);
        gateways.addStake(amount);
        vm.stopPrank();
        ++stakesAdded;
    }

    function startUnbonding(uint256 index, uint96 amount) external {
        vm.prank(operatorAt(index));
        try gateways.startUnbonding(1 + amount % 1_500e6) {
            ++unbondingsStarted;
        } catch {}
    }

    function cancelUnbonding(uint256 index) external {
        vm.prank(operatorAt(index));
        try gateways.cancelUnbonding() {} catch {}
    }

    function withdraw(uint256 index, bool wait) external {
        if (wait) vm.warp(block.timestamp + UNBONDING);
        vm.prank(operatorAt(index));
        try gateways.withdrawUnbonded(address(0xBEEF)) {
            ++withdrawals;
        } catch {}
    }

    function slash(uint256 index, uint96 amount, uint8 fault) external {
        bytes32 faultId = bytes32(uint256(fault));
        address operator = operatorAt(index);
        try gateways.slash(operator, 1 + amount % 800e6, faultId, address(0xABC)) returns (
            uint96 taken
        ) {
            ++slashes;
            unpaidForfeits += taken;
            everSlashed[operator] = true;
            _faults.push(faultId);
        } catch {}
    }

    function payForfeit(uint256 index) external {
        if (_faults.length == 0) return;
        bytes32 faultId = _faults[index % _faults.length];
        (, uint96 amount) = gateways.forfeits(faultId);
        try gateways.payForfeit(faultId) {
            unpaidForfeits -= amount;
        } catch {}
    }

    function rotateKey(uint256 index, bool revokeFirst) external {
        address operator = operatorAt(index);
        address fresh = vm.addr(++_keyCount);
        vm.startPrank(operator);
        if (revokeFirst) {
            address old = operator == gateway ? vm.addr(GATEWAY_KEY) : vm.addr(OTHER_KEY);
            (uint64 fromBefore, uint64 untilBefore) = gateways.signingKeys(operator, old);
            try gateways.revokeSigningKey(old) {} catch {}
            (uint64 from, uint64 until) = gateways.signingKeys(operator, old);
            if (from != fromBefore || (untilBefore != 0 && until != untilBefore)) {
                epochChanged = true;
            }
        } else {
            try gateways.addSigningKey(fresh, uint64(block.timestamp)) {} catch {}
        }
        vm.stopPrank();
    }
}

contract OperatorRegistryInvariants {
    OperatorActor private _actor;

    function setUp() public {
        _actor = new OperatorActor();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    function invariant_1_the_balance_is_all_stake_all_unbonding_and_all_unpaid_forfeits()
        public
        view
    {
        uint256 owed = _actor.unpaidForfeits();
        for (uint256 i = 0; i < 2; ++i) {
            IOperatorRegistry.Operator memory record =
                _actor.registry().operators(_actor.operatorAt(i));
            owed += uint256(record.stake) + record.unbonding;
        }
        vm.assertEq(_actor.held(), owed);
    }

    function invariant_2_whoever_can_sign_and_was_not_slashed_has_the_minimum_at_stake()
        public
        view
    {
        for (uint256 i = 0; i < 2; ++i) {
            address operator = _actor.operatorAt(i);
            IOperatorRegistry.Operator memory record = _actor.registry().operators(operator);
            if (record.activeKeys == 0 || _actor.everSlashed(operator)) continue;
            vm.assertLe(_actor.registry().minStake(), record.stake);
        }
    }

    function invariant_3_the_epoch_of_a_key_is_written_once() public view {
        vm.assertFalse(_actor.epochChanged());
    }

    function afterInvariant() public view {
        vm.assertGt(_actor.stakesAdded() + _actor.unbondingsStarted() + _actor.slashes(), 0);
    }
}

/// @notice The walk that shows every kind of step to be reachable.
contract OperatorActorReachTest {
    function test_the_actor_reaches_every_kind_of_step() public {
        OperatorActor actor = new OperatorActor();
        for (uint256 i = 0; i < 8; ++i) {
            actor.addStake(i, 1_999e6);
            actor.startUnbonding(i, uint96(i) * 1e6);
            actor.cancelUnbonding(i + 1);
            actor.slash(i, 1e6, uint8(i));
            actor.payForfeit(i);
            actor.rotateKey(i, i % 3 == 0);
            actor.withdraw(i, true);
        }
        vm.assertGt(actor.stakesAdded(), 0);
        vm.assertGt(actor.unbondingsStarted(), 0);
        vm.assertGt(actor.slashes(), 0);
        vm.assertGt(actor.withdrawals(), 0);
    }
}
