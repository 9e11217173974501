// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelSettlement} from "../src/ChannelSettlement.sol";
import {DevUSD} from "../src/dev/DevUSD.sol";
import {IChannelSettlement} from "../src/interfaces/IChannelSettlement.sol";
import {StrictSignature} from "../src/libraries/StrictSignature.sol";
import {ChannelConfig} from "../src/types/ChannelConfig.sol";
import {VoucherClaim} from "../src/types/VoucherClaim.sol";
import {HostileWallet, OwnedWallet} from "./hostile/Wallets.sol";
import {ChannelFixture} from "./support/ChannelFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

contract ChannelSettlementTest is ChannelFixture {
    ChannelConfig private _config;
    bytes32 private _id;

    function setUp() public {
        setUpChannels();
        _config = configOf(1);
        _id = idOf(_config);
    }

    // Deposits

    function test_deposits_add_up_and_the_first_creates_the_channel() public {
        vm.expectEmit(address(settlement));
        emit IChannelSettlement.ChannelCreated(_id, _config);
        deposit(_config, 10e6);
        deposit(_config, 5e6);
        vm.assertEq(balanceOf(_id), 15e6);
        vm.assertEq(token.balanceOf(address(settlement)), 15e6);
    }

    function test_deposit_refuses_configs_that_could_not_work() public {
        ChannelConfig memory config = configOf(1);
        config.payer = address(0);
        _expectDepositRevert(
            config, abi.encodeWithSelector(IChannelSettlement.PayerIsZero.selector)
        );
        config = configOf(1);
        config.receiver = address(0);
        _expectDepositRevert(
            config, abi.encodeWithSelector(IChannelSettlement.ReceiverIsZero.selector)
        );
        config = configOf(1);
        config.receiverAuthorizer = address(0);
        _expectDepositRevert(
            config, abi.encodeWithSelector(IChannelSettlement.ReceiverAuthorizerIsZero.selector)
        );
        config = configOf(1);
        config.token = address(0);
        _expectDepositRevert(
            config, abi.encodeWithSelector(IChannelSettlement.TokenIsZero.selector)
        );
        config = configOf(1);
        config.withdrawDelay = 15 minutes - 1;
        _expectDepositRevert(config, _delayError(config.withdrawDelay));
        config.withdrawDelay = 30 days + 1;
        _expectDepositRevert(config, _delayError(config.withdrawDelay));
    }

    function test_deposit_of_nothing_is_refused() public {
        vm.expectRevert(IChannelSettlement.AmountIsZero.selector);
        settlement.deposit(_config, 0, address(collector), "");
    }

    // Claims

    function test_deposit_claim_settle_moves_exactly_what_was_claimed() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 5e6, 4e6, SESSION_KEY));
        settlement.claimWithSignature(list, signBatch(list));
        vm.expectEmit(address(settlement));
        emit IChannelSettlement.Settled(receiver, address(token), address(this), 4e6);
        settlement.settle(receiver, address(token));
        settlement.settle(receiver, address(token)); // nothing is due: no transfer

        vm.assertEq(token.balanceOf(receiver), 4e6);
        vm.assertEq(token.balanceOf(address(settlement)), 6e6);
        vm.assertEq(claimedOf(_id), 4e6);
        (uint128 claimed, uint128 settled) = settlement.receivers(receiver, address(token));
        vm.assertEq(claimed, 4e6);
        vm.assertEq(settled, 4e6);
    }

    function test_a_replayed_or_older_row_changes_nothing() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory older = rows(rowOf(_config, 3e6));
        VoucherClaim[] memory newer = rows(rowOf(_config, 5e6));
        settlement.claimWithSignature(newer, signBatch(newer));
        settlement.claimWithSignature(newer, signBatch(newer));
        settlement.claimWithSignature(older, signBatch(older));
        vm.assertEq(claimedOf(_id), 5e6);
    }

    function test_both_of_the_receiver_side_may_claim_directly_and_no_one_else() public {
        deposit(_config, 10e6);
        claimAs(receiver, rowOf(_config, 1e6));
        claimAs(authorizer, rowOf(_config, 2e6));
        vm.assertEq(claimedOf(_id), 2e6);

        VoucherClaim[] memory list = rows(rowOf(_config, 3e6));
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.SenderNotReceiverSide.selector, payer, receiver, authorizer
            )
        );
        vm.prank(payer);
        settlement.claim(list);
    }

    function test_claims_without_rows_are_refused() public {
        VoucherClaim[] memory none = new VoucherClaim[](0);
        vm.expectRevert(IChannelSettlement.NoClaims.selector);
        settlement.claim(none);
        vm.expectRevert(IChannelSettlement.NoClaims.selector);
        settlement.claimWithSignature(none, "");
        vm.expectRevert(IChannelSettlement.NoClaims.selector);
        settlement.claimBestEffort(none, "");
    }

    function test_a_claim_over_the_voucher_is_refused() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 3e6, 4e6, SESSION_KEY));
        vm.expectRevert(
            abi.encodeWithSelector(IChannelSettlement.ClaimExceedsVoucher.selector, _id, 4e6, 3e6)
        );
        vm.prank(receiver);
        settlement.claim(list);
    }

    function test_a_claim_over_the_balance_is_refused_and_books_nothing() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 11e6));
        bytes memory expected = abi.encodeWithSelector(
            IChannelSettlement.ClaimExceedsBalance.selector, _id, 11e6, 10e6
        );
        vm.expectRevert(expected);
        vm.prank(receiver);
        settlement.claim(list);
        vm.assertEq(claimedOf(_id), 0);

        VoucherClaim[] memory all = rows(rowOf(_config, 10e6));
        vm.prank(receiver);
        settlement.claim(all);
        vm.expectRevert(expected);
        vm.prank(receiver);
        settlement.claim(list);
    }

    function test_a_voucher_of_the_wrong_key_is_refused() public {
        deposit(_config, 10e6);
        // The payer's own key is not the session key that the channel committed to.
        VoucherClaim[] memory list = rows(rowOf(_config, 1e6, 1e6, PAYER_KEY));
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.VoucherSignatureInvalid.selector,
                _id,
                session,
                settlement.getVoucherDigest(_id, 1e6)
            )
        );
        vm.prank(receiver);
        settlement.claim(list);
    }

    function test_rows_under_one_signature_have_one_authorizer() public {
        deposit(_config, 10e6);
        ChannelConfig memory other = configOf(2);
        other.receiverAuthorizer = stranger;
        deposit(other, 10e6);
        VoucherClaim[] memory list = new VoucherClaim[](2);
        list[0] = rowOf(_config, 1e6);
        list[1] = rowOf(other, 1e6);
        bytes memory signature = signBatch(list);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerMismatch.selector, authorizer, stranger
            )
        );
        settlement.claimWithSignature(list, signature);
    }

    function test_the_batch_signature_covers_every_row() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 5e6, 4e6, SESSION_KEY));
        bytes memory signature = signBatch(list);
        list[0].totalClaimed = 5e6;
        bytes32 digest = settlement.getClaimBatchDigest(list);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector, authorizer, digest
            )
        );
        settlement.claimWithSignature(list, signature);
    }

    // Best effort

    function test_best_effort_books_what_it_can_and_says_what_became_of_each_row() public {
        VoucherClaim[] memory list = new VoucherClaim[](7);
        for (uint256 i = 0; i < 7; ++i) {
            if (i != 6) deposit(configOf(i), 5e6);
        }
        list[0] = rowOf(configOf(0), 2e6);
        list[1] = rowOf(configOf(1), 9e6); // more than the escrow
        list[2] = rowOf(configOf(2), 0); // nothing new
        list[3] = rowOf(configOf(3), 2e6, 2e6, STRANGER_KEY);
        list[4] = rowOf(configOf(4), 2e6, 3e6, SESSION_KEY); // over the voucher
        ChannelConfig memory other = configOf(5);
        other.receiverAuthorizer = stranger;
        deposit(other, 5e6);
        list[5] = rowOf(other, 1e6);
        list[6] = rowOf(configOf(6), 1e6); // never funded

        uint8[] memory statuses = settlement.claimBestEffort(list, signBatch(list));
        for (uint256 i = 0; i < 7; ++i) {
            vm.assertEq(statuses[i], i);
        }
        vm.assertEq(claimedOf(idOf(configOf(0))), 2e6);
        vm.assertEq(claimedOf(idOf(configOf(1))), 5e6);
        (uint128 claimed,) = settlement.receivers(receiver, address(token));
        vm.assertEq(claimed, 7e6);

        // Once topped up, the rest of the second row can be had.
        deposit(configOf(1), 10e6);
        statuses = settlement.claimBestEffort(list, signBatch(list));
        vm.assertEq(statuses[1], 0);
        vm.assertEq(claimedOf(idOf(configOf(1))), 9e6);
    }

    function test_best_effort_needs_a_valid_signature_or_the_receiver_side() public {
        deposit(_config, 5e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 2e6));
        bytes memory forged = signatureOf(STRANGER_KEY, settlement.getClaimBatchDigest(list));
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector,
                authorizer,
                settlement.getClaimBatchDigest(list)
            )
        );
        settlement.claimBestEffort(list, forged);

        vm.assertEq(settlement.claimBestEffort(list, "")[0], 5);
        vm.prank(receiver);
        vm.assertEq(settlement.claimBestEffort(list, "")[0], 0);
        vm.assertEq(claimedOf(_id), 2e6);
    }

    function test_hostile_wallets_do_not_block_the_rows_of_others() public {
        VoucherClaim[] memory list = new VoucherClaim[](7);
        for (uint256 i = 0; i < 6; ++i) {
            payer = address(new HostileWallet(HostileWallet.Manner(i)));
            session = address(0);
            list[i] = _walletRow(i);
        }
        payer = vm.addr(PAYER_KEY);
        session = vm.addr(SESSION_KEY);
        deposit(configOf(6), 5e6);
        list[6] = rowOf(configOf(6), 1e6);
        uint8[] memory statuses = settlement.claimBestEffort(list, signBatch(list));
        for (uint256 i = 0; i < 6; ++i) {
            vm.assertEq(statuses[i], 3);
        }
        vm.assertEq(statuses[6], 0);
    }

    // Who signs vouchers

    function test_without_a_session_key_the_payer_signs() public {
        session = address(0);
        ChannelConfig memory config = configOf(3);
        deposit(config, 5e6);
        claimAs(receiver, rowOf(config, 1e6, 1e6, PAYER_KEY));
        vm.assertEq(claimedOf(idOf(config)), 1e6);
    }

    function test_a_contract_payer_signs_by_erc1271() public {
        payer = address(new OwnedWallet(vm.addr(PAYER_KEY)));
        session = address(0);
        VoucherClaim[] memory list = rows(_walletRow(3));
        list[0].signature =
            signatureOf(PAYER_KEY, settlement.getVoucherDigest(idOf(configOf(3)), 1e6));
        vm.prank(receiver);
        settlement.claim(list);
        vm.assertEq(claimedOf(idOf(configOf(3))), 1e6);
    }

    function test_a_session_key_stays_a_plain_key_when_code_appears_at_its_address() public {
        deposit(_config, 5e6);
        vm.etch(session, address(new HostileWallet(HostileWallet.Manner.Revert)).code);
        claimAs(receiver, rowOf(_config, 1e6));
        vm.assertEq(claimedOf(_id), 1e6);
    }

    function test_an_erc1271_authorizer_approves_batches() public {
        authorizer = address(new OwnedWallet(vm.addr(AUTHORIZER_KEY)));
        ChannelConfig memory config = configOf(4);
        deposit(config, 5e6);
        VoucherClaim[] memory list = rows(rowOf(config, 1e6));
        settlement.claimWithSignature(list, signBatch(list));
        vm.assertEq(claimedOf(idOf(config)), 1e6);
    }

    // Refunds

    function test_refund_returns_what_is_unclaimed_and_no_more() public {
        deposit(_config, 10e6);
        claimAs(receiver, rowOf(_config, 4e6));
        uint256 before = token.balanceOf(payer);
        vm.prank(authorizer);
        settlement.refund(_config, 2e6);
        vm.prank(receiver);
        settlement.refund(_config, 100e6);
        vm.assertEq(token.balanceOf(payer) - before, 6e6);
        vm.assertEq(balanceOf(_id), 4e6);
        // Nothing is left: no transfer, no event, but the nonce moves on.
        vm.prank(receiver);
        settlement.refund(_config, 1);
        vm.assertEq(settlement.refundNonce(_id), 3);
    }

    function test_refund_with_signature_is_good_once() public {
        deposit(_config, 10e6);
        bytes memory signature =
            signatureOf(AUTHORIZER_KEY, settlement.getRefundDigest(_id, 0, 3e6));
        settlement.refundWithSignature(_config, 3e6, 0, signature);
        vm.assertEq(balanceOf(_id), 7e6);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelSettlement.RefundNonceMismatch.selector, _id, 1, 0)
        );
        settlement.refundWithSignature(_config, 3e6, 0, signature);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector,
                authorizer,
                settlement.getRefundDigest(_id, 1, 3e6)
            )
        );
        settlement.refundWithSignature(_config, 3e6, 1, signature);
    }

    function test_refunds_are_for_the_receiver_side_and_not_of_nothing() public {
        deposit(_config, 10e6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.SenderNotReceiverSide.selector, payer, receiver, authorizer
            )
        );
        vm.prank(payer);
        settlement.refund(_config, 1e6);
        vm.expectRevert(IChannelSettlement.AmountIsZero.selector);
        vm.prank(receiver);
        settlement.refund(_config, 0);
    }

    function test_a_full_refund_closes_the_channel_which_can_open_again() public {
        deposit(_config, 10e6);
        vm.expectEmit(address(settlement));
        emit IChannelSettlement.ChannelClosed(_id, _config);
        vm.prank(receiver);
        settlement.refund(_config, 10e6);
        vm.expectEmit(address(settlement));
        emit IChannelSettlement.ChannelCreated(_id, _config);
        deposit(_config, 1e6);
    }

    function test_refunds_only_shrink_a_pending_withdrawal() public {
        deposit(_config, 10e6);
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 6e6);
        vm.prank(receiver);
        settlement.refund(_config, 2e6);
        (uint128 amount,) = settlement.pendingWithdrawals(_id);
        vm.assertEq(amount, 4e6);
        vm.prank(receiver);
        settlement.refund(_config, 5e6);
        uint40 initiatedAt;
        (amount, initiatedAt) = settlement.pendingWithdrawals(_id);
        vm.assertEq(amount, 0);
        vm.assertEq(initiatedAt, 0);
    }

    // Withdrawals

    function test_withdrawal_after_the_delay_pays_what_is_still_unclaimed() public {
        deposit(_config, 10e6);
        vm.prank(session);
        settlement.initiateWithdraw(_config, 10e6);
        claimAs(receiver, rowOf(_config, 3e6));
        vm.warp(block.timestamp + DELAY);
        uint256 before = token.balanceOf(payer);
        vm.prank(session);
        settlement.finalizeWithdraw(_config);
        vm.assertEq(token.balanceOf(payer) - before, 7e6);
        vm.assertEq(balanceOf(_id), 3e6);
        vm.expectRevert(abi.encodeWithSelector(IChannelSettlement.NoPendingWithdraw.selector, _id));
        vm.prank(payer);
        settlement.finalizeWithdraw(_config);
    }

    function test_withdrawal_waits_for_the_whole_delay() public {
        deposit(_config, 10e6);
        uint256 start = block.timestamp;
        vm.expectEmit(address(settlement));
        emit IChannelSettlement.WithdrawInitiated(_id, payer, 4e6, uint40(start + DELAY));
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 4e6);
        vm.warp(start + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.WithdrawDelayNotOver.selector,
                _id,
                start + DELAY,
                start + DELAY - 1
            )
        );
        vm.prank(payer);
        settlement.finalizeWithdraw(_config);
    }

    function test_everything_claimed_meanwhile_leaves_nothing_to_withdraw() public {
        deposit(_config, 10e6);
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 10e6);
        claimAs(receiver, rowOf(_config, 10e6));
        vm.warp(block.timestamp + DELAY);
        uint256 before = token.balanceOf(payer);
        vm.prank(payer);
        settlement.finalizeWithdraw(_config);
        vm.assertEq(token.balanceOf(payer), before);
    }

    function test_a_session_key_cannot_restart_the_payers_withdrawal() public {
        deposit(_config, 10e6);
        vm.prank(session);
        settlement.initiateWithdraw(_config, 1);
        uint40 first = uint40(block.timestamp);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.WithdrawAlreadyPending.selector, _id, 1, first
            )
        );
        vm.prank(session);
        settlement.initiateWithdraw(_config, 2);
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 10e6);
        (uint128 amount,) = settlement.pendingWithdrawals(_id);
        vm.assertEq(amount, 10e6);
    }

    function test_withdrawals_are_for_the_payer_side_within_what_is_unclaimed() public {
        deposit(_config, 10e6);
        bytes memory notPayer = abi.encodeWithSelector(
            IChannelSettlement.SenderNotPayerSide.selector, receiver, payer, session
        );
        vm.expectRevert(notPayer);
        vm.prank(receiver);
        settlement.initiateWithdraw(_config, 1);
        vm.expectRevert(notPayer);
        vm.prank(receiver);
        settlement.finalizeWithdraw(_config);
        vm.expectRevert(IChannelSettlement.AmountIsZero.selector);
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.WithdrawExceedsAvailable.selector, _id, 10e6 + 1, 10e6
            )
        );
        vm.prank(payer);
        settlement.initiateWithdraw(_config, 10e6 + 1);
    }

    // The whole

    function test_multicall_claims_and_refunds_at_once_and_reverts_at_once() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 4e6));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.claimWithSignature, (list, signBatch(list)));
        calls[1] = abi.encodeCall(
            settlement.refundWithSignature,
            (_config, 6e6, 0, signatureOf(AUTHORIZER_KEY, settlement.getRefundDigest(_id, 0, 6e6)))
        );
        settlement.multicall(calls);
        vm.assertEq(balanceOf(_id), 4e6);
        vm.assertEq(claimedOf(_id), 4e6);
        vm.expectRevert(
            abi.encodeWithSelector(IChannelSettlement.RefundNonceMismatch.selector, _id, 1, 0)
        );
        settlement.multicall(calls);
    }

    function test_code_copied_to_another_address_signs_for_that_address() public {
        address canonical = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;
        vm.etch(canonical, address(settlement).code);
        bytes32 there = idOf(_config);
        settlement = ChannelSettlement(canonical);
        vm.assertFalse(there == idOf(_config));
        deposit(_config, 10e6);
        claimAs(receiver, rowOf(_config, 1e6));
        vm.assertEq(claimedOf(idOf(_config)), 1e6);
    }

    function test_the_config_type_hash_is_that_of_x402() public view {
        vm.assertEq(
            settlement.CHANNEL_CONFIG_TYPEHASH(),
            keccak256(
                "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
            )
        );
    }

    /// @dev Cross-contract and cross-chain replay: the same signed row elsewhere is worth nothing.
    function test_vouchers_are_bound_to_chain_and_contract() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 1e6));
        bytes memory signature = signBatch(list);
        vm.chainId(1);
        vm.assertTrue(_refused(list, signature));
        vm.chainId(31337);
        ChannelSettlement first = settlement;
        settlement = new ChannelSettlement();
        deposit(_config, 10e6);
        vm.assertTrue(_refused(list, signature));
        settlement = first;
        vm.assertFalse(_refused(list, signature));
    }

    /// @dev Cross-type replay: a signature of one type is never one of another.
    function test_signatures_of_one_type_are_none_of_another() public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 1e6));
        bytes memory refundSignature =
            signatureOf(AUTHORIZER_KEY, settlement.getRefundDigest(_id, 0, 1e6));
        vm.assertTrue(_refused(list, refundSignature));
        bytes memory voucherByAuthorizer =
            signatureOf(AUTHORIZER_KEY, settlement.getVoucherDigest(_id, 1e6));
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector,
                authorizer,
                settlement.getRefundDigest(_id, 0, 1e6)
            )
        );
        settlement.refundWithSignature(_config, 1e6, 0, voucherByAuthorizer);
    }

    /// @dev Every entry that takes a signature refuses the malleable forms of a good one.
    function test_malleable_forms_of_good_signatures_are_refused_in_every_entry(uint8 form) public {
        deposit(_config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(_config, 1e6));
        bytes memory batch = signBatch(list);
        bytes memory refund = signatureOf(AUTHORIZER_KEY, settlement.getRefundDigest(_id, 0, 1e6));

        vm.assertTrue(_refused(list, _malleable(batch, form)));
        try settlement.claimBestEffort(list, _malleable(batch, form)) {
            vm.assertTrue(false, "claimBestEffort took it");
        } catch {}
        try settlement.refundWithSignature(_config, 1e6, 0, _malleable(refund, form)) {
            vm.assertTrue(false, "refundWithSignature took it");
        } catch {}
        bytes memory voucher = list[0].signature;
        list[0].signature = _malleable(voucher, form);
        vm.assertTrue(_refused(list, signBatch(list)));
        vm.assertEq(settlement.claimBestEffort(list, signBatch(list))[0], 3);
        list[0].signature = voucher;
        vm.assertFalse(_refused(list, batch));
    }

    function _malleable(bytes memory signature, uint8 form) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint8 v = uint8(signature[64]);
        uint256 order = 2 * StrictSignature.MAX_S + 1;
        form %= 5;
        if (form == 0) return abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27);
        if (form == 1) return abi.encodePacked(r, s, v - 27);
        if (form == 2) return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
        if (form == 3) return abi.encodePacked(signature, uint8(0));
        return abi.encodePacked(r, s, v == 27 ? 28 : 27);
    }

    function _refused(VoucherClaim[] memory list, bytes memory signature) private returns (bool) {
        try settlement.claimWithSignature(list, signature) {
            return false;
        } catch {
            return true;
        }
    }

    /// @dev A funded channel of a contract payer, and a row for it with any 65 bytes.
    function _walletRow(uint256 salt) private returns (VoucherClaim memory) {
        ChannelConfig memory config = configOf(salt);
        Donor donor = new Donor();
        settlement.deposit(config, 5e6, address(donor), "");
        return rowOf(config, 1e6, 1e6, STRANGER_KEY);
    }

    function _expectDepositRevert(ChannelConfig memory config, bytes memory revertData) private {
        vm.expectRevert(revertData);
        settlement.deposit(config, 1e6, address(collector), "");
    }

    function _delayError(uint40 delay) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IChannelSettlement.WithdrawDelayOutOfRange.selector, delay, 15 minutes, 30 days
        );
    }
}

/// @notice A collector that brings fresh tokens: how a wallet's money came does not matter here.
contract Donor {
    function collect(ChannelConfig calldata config, uint128 amount, bytes calldata) external {
        DevUSD(config.token).mint(msg.sender, amount);
    }
}
