// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContributorRegistry} from "../src/interfaces/IContributorRegistry.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {TypedData} from "../src/libraries/TypedData.sol";
import {PayoutRegistration} from "../src/types/PayoutRegistration.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

contract ContributorRegistryTest is ReceiptFixture {
    uint256 private constant OPERATOR_KEY = 0x09E4;

    function setUp() public {
        contributor = vm.addr(OPERATOR_KEY);
        setUpReceipts();
    }

    function test_offers_are_published_replaced_and_withdrawn() public {
        vm.startPrank(contributor);
        vm.expectEmit(address(contributors));
        emit IContributorRegistry.OfferPublished(contributor, "model", "first");
        contributors.publishOffer("model", "first");
        contributors.publishOffer("model", "second");
        vm.assertEq(contributors.offers(contributor, "model"), "second");
        contributors.withdrawOffer("model");
        vm.assertEq(contributors.offers(contributor, "model"), bytes32(0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRegistry.NoOffer.selector, contributor, bytes32("model")
            )
        );
        contributors.withdrawOffer("model");
        vm.expectRevert(IContributorRegistry.OfferHashIsZero.selector);
        contributors.publishOffer("model", bytes32(0));
        vm.stopPrank();
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, address(this))
        );
        contributors.publishOffer("model", "first");
    }

    function test_a_payout_is_registered_by_the_contributor_or_by_its_signature() public {
        PayoutRegistration memory wish = _wish(0);
        vm.prank(contributor);
        contributors.registerPayout(wish, "");
        wish = _wish(1);
        wish.payoutReceiver = client;
        contributors.registerPayout(wish, _sign(wish, OPERATOR_KEY));
        (uint256 chainId, address token, address receiver, uint40 delay, uint64 nonce) =
            contributors.payouts(contributor);
        vm.assertEq(chainId, 8453);
        vm.assertEq(token, address(asset));
        vm.assertEq(receiver, client);
        vm.assertEq(delay, 7 days);
        vm.assertEq(nonce, 2);
    }

    function test_payouts_need_consent_that_is_fresh_and_not_used() public {
        PayoutRegistration memory wish = _wish(0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRegistry.PayoutSenderMismatch.selector, contributor, address(this)
            )
        );
        contributors.registerPayout(wish, "");
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRegistry.PayoutSignatureInvalid.selector, contributor, _digest(wish)
            )
        );
        contributors.registerPayout(wish, _sign(wish, OTHER_KEY));

        bytes memory signature = _sign(wish, OPERATOR_KEY);
        contributors.registerPayout(wish, signature);
        vm.expectRevert(
            abi.encodeWithSelector(IContributorRegistry.PayoutNonceMismatch.selector, 1, 0)
        );
        contributors.registerPayout(wish, signature);

        wish = _wish(1);
        signature = _sign(wish, OPERATOR_KEY);
        vm.warp(wish.validUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IContributorRegistry.PayoutExpired.selector, wish.validUntil, wish.validUntil + 1
            )
        );
        contributors.registerPayout(wish, signature);
    }

    function test_payouts_go_to_someone_and_are_for_contributors() public {
        PayoutRegistration memory wish = _wish(0);
        wish.payoutReceiver = address(0);
        vm.expectRevert(IContributorRegistry.PayoutReceiverIsZero.selector);
        vm.prank(contributor);
        contributors.registerPayout(wish, "");
        wish = _wish(0);
        wish.contributor = client;
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, client));
        vm.prank(client);
        contributors.registerPayout(wish, "");
    }

    function _wish(uint64 nonce) private view returns (PayoutRegistration memory) {
        return PayoutRegistration({
            contributor: contributor,
            payoutChainId: 8453,
            payoutToken: address(asset),
            payoutReceiver: contributor,
            minWithdrawDelay: 7 days,
            validUntil: START_S + 1 hours,
            nonce: nonce
        });
    }

    function _sign(PayoutRegistration memory wish, uint256 key)
        private
        view
        returns (bytes memory)
    {
        return signatureOf(key, _digest(wish));
    }

    function _digest(PayoutRegistration memory wish) private view returns (bytes32) {
        return TypedData.digest(
            TypedData.domainSeparator(keccak256("Vouch"), address(contributors)), wish.hashStruct()
        );
    }
}
