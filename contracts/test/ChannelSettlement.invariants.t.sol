// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../src/types/ChannelConfig.sol";
import {VoucherClaim} from "../src/types/VoucherClaim.sol";
import {ChannelFixture} from "./support/ChannelFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

/// @notice Everything that parties can do on three channels with two receivers, in any order, with
/// amounts around the limits. It keeps its own books and counts what went through.
contract ChannelActor is ChannelFixture {
    uint256 public constant CHANNELS = 3;

    uint256 public depositedTotal;
    uint256 public returnedTotal;
    uint256 public settledTotal;
    uint256 public claimsAccepted;
    uint256 public withdrawalsAccepted;
    uint256 public refundsAccepted;
    uint256 public settlesAccepted;
    mapping(bytes32 channelId => uint128) public signedMax;
    mapping(bytes32 channelId => uint128) public claimedBefore;
    bool public wentBack;

    constructor() {
        setUpChannels();
        for (uint256 i = 0; i < CHANNELS; ++i) {
            pay(i, 50e6);
        }
    }

    function channelIdAt(uint256 index) external view returns (bytes32) {
        return idOf(_channel(index));
    }

    function receiverAt(uint256 index) public pure returns (address) {
        return address(uint160(0x4ECE17E4 + index % 2));
    }

    function tokenAddress() external view returns (address) {
        return address(token);
    }

    function heldBySettlement() external view returns (uint256) {
        return token.balanceOf(address(settlement));
    }

    function stateOf(bytes32 channelId) external view returns (uint128, uint128) {
        return settlement.channels(channelId);
    }

    function receiverState(uint256 index) external view returns (uint128, uint128) {
        return settlement.receivers(receiverAt(index), address(token));
    }

    function pay(uint256 index, uint128 amount) public {
        ChannelConfig memory config = _channel(index);
        amount = 1 + amount % 100e6;
        deposit(config, amount);
        depositedTotal += amount;
    }

    /// @dev Three in four rows ask for a little more than was claimed, within the voucher; the others
    /// go over it.
    function claim(uint256 index, uint128 more, uint128 slack, uint8 entry) external {
        ChannelConfig memory config = _channel(index);
        bytes32 id = idOf(config);
        uint128 totalClaimed = claimedOf(id) + more % 20e6;
        uint128 maxClaimable = totalClaimed + slack % 1e6;
        if (slack % 4 == 0 && totalClaimed > 0) maxClaimable = totalClaimed - 1;
        if (maxClaimable > signedMax[id]) signedMax[id] = maxClaimable;
        VoucherClaim[] memory list = rows(rowOf(config, maxClaimable, totalClaimed, SESSION_KEY));
        uint128 before = claimedOf(id);
        if (entry % 2 == 0) {
            settlement.claimBestEffort(list, signBatch(list));
        } else {
            try settlement.claimWithSignature(list, signBatch(list)) {} catch {}
        }
        if (claimedOf(id) > before) ++claimsAccepted;
        _watch(id);
    }

    function settle(uint256 index) external {
        uint256 before = token.balanceOf(receiverAt(index));
        settlement.settle(receiverAt(index), address(token));
        uint256 paid = token.balanceOf(receiverAt(index)) - before;
        settledTotal += paid;
        if (paid > 0) ++settlesAccepted;
    }

    function refund(uint256 index, uint128 amount) external {
        ChannelConfig memory config = _channel(index);
        amount = 1 + amount % 50e6;
        uint256 before = token.balanceOf(payer);
        vm.prank(authorizer);
        settlement.refund(config, amount);
        uint256 back = token.balanceOf(payer) - before;
        returnedTotal += back;
        if (back > 0) ++refundsAccepted;
    }

    function startWithdrawal(uint256 index, uint128 amount) external {
        ChannelConfig memory config = _channel(index);
        vm.prank(payer);
        try settlement.initiateWithdraw(config, 1 + amount % 50e6) {} catch {}
    }

    function finishWithdrawal(uint256 index, bool wait) external {
        ChannelConfig memory config = _channel(index);
        if (wait) vm.warp(block.timestamp + DELAY);
        uint256 before = token.balanceOf(payer);
        vm.prank(payer);
        try settlement.finalizeWithdraw(config) {} catch {}
        uint256 back = token.balanceOf(payer) - before;
        returnedTotal += back;
        if (back > 0) ++withdrawalsAccepted;
    }

    function _watch(bytes32 id) private {
        uint128 claimed = claimedOf(id);
        if (claimed < claimedBefore[id]) wentBack = true;
        claimedBefore[id] = claimed;
    }

    function _channel(uint256 index) private view returns (ChannelConfig memory config) {
        config = configOf(index % CHANNELS);
        config.receiver = receiverAt(index % CHANNELS);
    }
}

/// @notice The numbers are those of `ChannelSettlement`; 2 and 4 are the on-chain part of the ledger's
/// law `claimed ≤ charged ≤ signed ≤ deposited` (payments.md §4d).
contract ChannelSettlementInvariants {
    ChannelActor private _actor;

    function setUp() public {
        _actor = new ChannelActor();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    function invariant_1_the_token_balance_is_all_escrow_and_all_that_is_unsettled() public view {
        uint256 owed = 0;
        for (uint256 i = 0; i < _actor.CHANNELS(); ++i) {
            (uint128 balance, uint128 claimed) = _actor.stateOf(_actor.channelIdAt(i));
            owed += balance - claimed;
        }
        for (uint256 i = 0; i < 2; ++i) {
            (uint128 claimed, uint128 settled) = _actor.receiverState(i);
            owed += claimed - settled;
        }
        vm.assertEq(_actor.heldBySettlement(), owed);
    }

    function invariant_2_nothing_is_claimed_beyond_balance_or_voucher() public view {
        for (uint256 i = 0; i < _actor.CHANNELS(); ++i) {
            bytes32 id = _actor.channelIdAt(i);
            (uint128 balance, uint128 claimed) = _actor.stateOf(id);
            vm.assertLe(claimed, balance);
            vm.assertLe(claimed, _actor.signedMax(id));
        }
    }

    function invariant_3_claims_never_go_back() public view {
        vm.assertFalse(_actor.wentBack());
        for (uint256 i = 0; i < 2; ++i) {
            (uint128 claimed, uint128 settled) = _actor.receiverState(i);
            vm.assertLe(settled, claimed);
        }
    }

    function invariant_4_deposits_are_returned_settled_or_still_there() public view {
        vm.assertEq(
            _actor.depositedTotal(),
            _actor.returnedTotal() + _actor.settledTotal() + _actor.heldBySettlement()
        );
    }

    /// @dev A campaign in which nothing was accepted would show nothing.
    function afterInvariant() public view {
        vm.assertGt(_actor.claimsAccepted(), 0, "no claim was accepted");
        vm.assertGt(_actor.depositedTotal(), 0, "nothing was deposited");
    }
}

/// @notice Counts over a fixed walk that every kind of step is accepted somewhere: the campaign's runs
/// are short, and rare steps need not occur in each of them.
contract ChannelActorReachTest {
    function test_the_actor_reaches_every_kind_of_step() public {
        ChannelActor actor = new ChannelActor();
        for (uint256 i = 0; i < 24; ++i) {
            actor.pay(i, uint128(uint256(keccak256(abi.encode(i)))));
            uint128 amount = uint128(2e6 * (i + 1));
            actor.claim(i, amount, amount + 1, uint8(i));
            actor.startWithdrawal(i, uint128(i) * 1e6);
            actor.refund(i, uint128(i));
            actor.finishWithdrawal(i, true);
            actor.settle(i);
        }
        vm.assertGt(actor.claimsAccepted(), 0);
        vm.assertGt(actor.settlesAccepted(), 0);
        vm.assertGt(actor.refundsAccepted(), 0);
        vm.assertGt(actor.withdrawalsAccepted(), 0);
    }
}
