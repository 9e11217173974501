// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevUSD} from "../src/dev/DevUSD.sol";
import {IChannelSettlement} from "../src/interfaces/IChannelSettlement.sol";
import {ChannelConfig} from "../src/types/ChannelConfig.sol";
import {VoucherClaim} from "../src/types/VoucherClaim.sol";
import {
    CallingToken,
    FeeToken,
    ReentrantCollector,
    ShortCollector
} from "./hostile/HostileTokens.sol";
import {ChannelFixture} from "./support/ChannelFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

/// @notice Hostile tokens and collectors: none gets in while a mutator runs, and none can credit more
/// than it brings.
contract ChannelSettlementReentrancyTest is ChannelFixture {
    /// @dev `Reentrancy()`.
    bytes4 private constant REENTRANCY = 0xab143c06;

    CallingToken private _hostile;
    ChannelConfig private _config;

    function setUp() public {
        setUpChannels();
        _hostile = new CallingToken();
        token = DevUSD(address(_hostile));
        token.mint(payer, 100e6);
        _config = configOf(1);
        deposit(_config, 10e6);
        claimAs(receiver, rowOf(_config, 4e6));
    }

    function test_no_mutator_can_be_entered_from_a_token_transfer() public {
        bytes[] memory calls = _mutators();
        for (uint256 i = 0; i < calls.length; ++i) {
            _hostile.arm(address(settlement), calls[i]);
            // `settle` pays the receiver and so runs the token's code in the middle.
            settlement.settle(receiver, address(token));
            vm.assertFalse(_hostile.succeeded());
            vm.assertEq(bytes32(bytes4(_hostile.answer())), bytes32(REENTRANCY));
            claimAs(receiver, rowOf(_config, uint128(4e6 + (i + 1) * 1e5)));
        }
        vm.assertEq(calls.length, 9);
    }

    function test_no_mutator_can_be_entered_from_a_collector() public {
        ReentrantCollector hostile = new ReentrantCollector();
        bytes[] memory calls = _mutators();
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.arm(calls[i]);
            settlement.deposit(configOf(2), 1e6, address(hostile), "");
            vm.assertFalse(hostile.succeeded());
            vm.assertEq(bytes32(bytes4(hostile.answer())), bytes32(REENTRANCY));
        }
        vm.assertEq(balanceOf(idOf(configOf(2))), calls.length * 1e6);
    }

    function test_a_multicall_is_not_a_way_around_the_guard() public {
        bytes[] memory inner = new bytes[](1);
        inner[0] = abi.encodeCall(settlement.settle, (receiver, address(token)));
        _hostile.arm(address(settlement), abi.encodeCall(settlement.multicall, (inner)));
        settlement.settle(receiver, address(token));
        vm.assertFalse(_hostile.succeeded());
    }

    function test_a_collector_that_brings_another_amount_is_refused() public {
        ShortCollector short = new ShortCollector(1e6 - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelSettlement.DepositMismatch.selector, 1e6, 1e6 - 1)
        );
        settlement.deposit(_config, 1e6, address(short), "");
        ShortCollector generous = new ShortCollector(1e6 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelSettlement.DepositMismatch.selector, 1e6, 1e6 + 1)
        );
        settlement.deposit(_config, 1e6, address(generous), "");
    }

    function test_a_fee_on_transfer_is_refused() public {
        token = new FeeToken();
        token.mint(payer, 100e6);
        ChannelConfig memory config = configOf(3);
        bytes memory data = depositData(config, 1e6, PAYER_KEY);
        // The collector itself holds one unit too few to pass on.
        vm.expectRevert();
        settlement.deposit(config, 1e6, address(collector), data);
    }

    function _mutators() private view returns (bytes[] memory calls) {
        VoucherClaim[] memory list = rows(rowOf(_config, 5e6));
        bytes32 id = idOf(_config);
        calls = new bytes[](9);
        calls[0] = abi.encodeCall(settlement.deposit, (_config, 1, address(collector), ""));
        calls[1] = abi.encodeCall(settlement.claim, (list));
        calls[2] = abi.encodeCall(settlement.claimWithSignature, (list, signBatch(list)));
        calls[3] = abi.encodeCall(settlement.claimBestEffort, (list, signBatch(list)));
        calls[4] = abi.encodeCall(settlement.settle, (receiver, address(token)));
        calls[5] = abi.encodeCall(settlement.refund, (_config, 1));
        calls[6] = abi.encodeCall(
            settlement.refundWithSignature,
            (_config, 1, 0, signatureOf(AUTHORIZER_KEY, settlement.getRefundDigest(id, 0, 1)))
        );
        calls[7] = abi.encodeCall(settlement.initiateWithdraw, (_config, 1));
        calls[8] = abi.encodeCall(settlement.finalizeWithdraw, (_config));
    }
}
