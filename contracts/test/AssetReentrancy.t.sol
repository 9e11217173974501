// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReexecutionPanel} from "../src/ReexecutionPanel.sol";
import {DevUSD} from "../src/dev/DevUSD.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {JobTerms, Rhythm} from "../src/types/JobTerms.sol";
import {PanelTerms} from "../src/types/PanelTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {CallingToken} from "./hostile/HostileTokens.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice An asset that calls back in the middle of a transfer, against everything but the settlement
/// (which has a test of its own) that holds assets: registries, coordinator, panel.
contract AssetReentrancyTest is JobFixture {
    /// @dev `Reentrancy()`.
    bytes4 private constant REENTRANCY = 0xab143c06;

    CallingToken private _hostile;
    ReexecutionPanel private _panel;

    function setUp() public {
        setUpJobs();
        _panel = new ReexecutionPanel(
            PanelTerms({
                contributors: contributors,
                receiptAnchor: receiptAnchor,
                verifier: verifier,
                memberBond: 1e6,
                accuserBond: 1e6,
                silenceFine: 1e5,
                slashBps: 1_000
            })
        );
    }

    function newAsset() internal override returns (DevUSD) {
        _hostile = new CallingToken();
        return _hostile;
    }

    function test_no_mutator_of_a_registry_that_moves_the_asset_can_be_entered() public {
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(gateways.register, (MIN_STAKE, client, START_S, ""));
        calls[1] = abi.encodeCall(gateways.addStake, (1));
        calls[2] = abi.encodeCall(gateways.withdrawUnbonded, (client));
        calls[3] = abi.encodeCall(gateways.payForfeit, ("fault"));
        for (uint256 i = 0; i < calls.length; ++i) {
            _provide(gateway, address(gateways), 1e6);
            _hostile.arm(address(gateways), calls[i]);
            vm.prank(gateway);
            gateways.addStake(1e6);
            _assertKeptOut();
        }
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE + 4e6);
    }

    /// @dev The asset is an operator itself, and does what needs no guard while it is paid out: what is
    /// on its way is booked before it leaves.
    function test_what_an_operator_does_while_it_is_paid_changes_no_sum() public {
        address operator = address(_hostile);
        register(gateways, operator, OTHER_KEY);
        vm.startPrank(operator);
        gateways.revokeSigningKey(vm.addr(OTHER_KEY));
        bytes[] memory calls = new bytes[](5);
        calls[0] = abi.encodeCall(gateways.startUnbonding, (1e6));
        calls[1] = abi.encodeCall(gateways.pause, ());
        calls[2] = abi.encodeCall(gateways.resume, ());
        calls[3] = abi.encodeCall(gateways.cancelUnbonding, ());
        calls[4] = abi.encodeCall(gateways.startUnbonding, (type(uint96).max));
        for (uint256 i = 0; i < calls.length; ++i) {
            gateways.startUnbonding(10e6);
            vm.warp(block.timestamp + UNBONDING);
            _hostile.arm(address(gateways), calls[i]);
            gateways.withdrawUnbonded(client);
            // Nothing is left to cancel in the middle, and never more than the stake to take out.
            vm.assertTrue(_hostile.succeeded() == (i < 3));
            IOperatorRegistry.Operator memory record = gateways.operators(operator);
            uint256 others = gateways.operators(gateway).stake;
            vm.assertEq(
                asset.balanceOf(address(gateways)),
                others + uint256(record.stake) + record.unbonding
            );
        }
        vm.assertEq(asset.balanceOf(client), 51e6);
    }

    function test_no_mutator_of_the_coordinator_that_moves_the_asset_can_be_entered() public {
        JobTerms memory terms_ = jobTerms();
        bytes[] memory calls = new bytes[](7);
        calls[0] = abi.encodeCall(coordinator.request, (terms_, INPUT));
        calls[1] = abi.encodeCall(coordinator.fulfill, ("job", terms_, ANSWER, listOf(""), ""));
        calls[2] = abi.encodeCall(
            coordinator.schedule, (terms_, INPUT, Rhythm(0, 5 minutes, 1), terms_.maxFee)
        );
        calls[3] = abi.encodeCall(coordinator.poke, ("schedule", terms_, INPUT));
        calls[4] = abi.encodeCall(coordinator.withdraw, (client));
        calls[5] = abi.encodeCall(coordinator.requestPrivate, (terms_, "hash"));
        calls[6] = abi.encodeCall(coordinator.cancelSchedule, ("schedule"));
        for (uint256 i = 0; i < calls.length; ++i) {
            _provide(client, address(coordinator), terms_.maxFee);
            _hostile.arm(address(coordinator), calls[i]);
            vm.prank(client);
            coordinator.request(terms_, INPUT);
            _assertKeptOut();
        }
        vm.assertEq(asset.balanceOf(address(coordinator)), 7 * uint256(terms_.maxFee));
    }

    function test_no_mutator_of_the_panel_that_moves_the_asset_can_be_entered() public {
        Receipt memory receipt = receiptOf(1);
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(_panel.accuse, (receipt, "", ""));
        calls[1] = abi.encodeCall(_panel.appeal, ("case"));
        calls[2] = abi.encodeCall(_panel.enroll, ());
        calls[3] = abi.encodeCall(_panel.withdraw, (client));
        for (uint160 i = 0; i < calls.length; ++i) {
            address member = address(0xE000 + i);
            _provide(member, address(_panel), 1e6);
            _hostile.arm(address(_panel), calls[i]);
            vm.prank(member);
            _panel.enroll();
            _assertKeptOut();
        }
        vm.assertEq(_panel.memberCount(), 4);
    }

    function _provide(address account, address spender, uint256 amount) private {
        asset.mint(account, amount);
        vm.prank(account);
        asset.approve(spender, amount);
    }

    function _assertKeptOut() private view {
        vm.assertFalse(_hostile.succeeded());
        vm.assertEq(bytes32(bytes4(_hostile.answer())), bytes32(REENTRANCY));
    }
}
