// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContributorRegistry} from "../src/ContributorRegistry.sol";
import {GatewayRegistry} from "../src/GatewayRegistry.sol";
import {ReceiptVerifier} from "../src/ReceiptVerifier.sol";
import {IReceiptVerifier} from "../src/interfaces/IReceiptVerifier.sol";
import {ISigningKeyBook} from "../src/interfaces/ISigningKeyBook.sol";
import {StrictSignature} from "../src/libraries/StrictSignature.sol";
import {Policy} from "../src/types/Policy.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {Work} from "../src/types/Work.sol";
import {HostileWallet, OwnedWallet} from "./hostile/Wallets.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {signatureOf, vm} from "./support/Vm.sol";

contract ReceiptVerifierTest is ReceiptFixture {
    function setUp() public {
        setUpReceipts();
        vm.warp(START_S + 60);
    }

    function test_a_receipt_signed_by_both_is_valid_and_covers_its_content() public view {
        Receipt memory receipt = receiptOf(1);
        vm.assertTrue(isValid(receipt));
        vm.assertTrue(_verifyContent(receipt, ANSWER, _policyOf(receipt)));
        vm.assertFalse(_verifyContent(receipt, "Rome", _policyOf(receipt)));
    }

    /// @dev The digest of the nested struct, spelled out once more from the type strings.
    function test_the_digest_is_that_of_eip712() public view {
        Receipt memory receipt = receiptOf(1);
        vm.assertEq(verifier.digestOf(receipt), _digest(_receiptHash(receipt)));
        vm.assertEq(verifier.workDigestOf(receipt.work), _digest(_workHash(receipt.work)));
        vm.assertEq(verifier.domainSeparator(), _separator());
        (, bytes32 digest) = verifier.verify(receipt, "", "");
        vm.assertEq(digest, verifier.digestOf(receipt));
    }

    /// @dev Flips one bit of one word of the receipt: each of the 29 members is covered by a signature.
    function test_no_word_of_a_receipt_can_change(uint8 word, uint8 bit) public view {
        Receipt memory receipt = receiptOf(1);
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        bytes memory encoded = abi.encode(receipt);
        vm.assertEq(encoded.length, 29 * 32);
        uint256 member = word % 29;
        uint256 position = member * 32 + 31 - (bit % _widthOf(member)) / 8;
        encoded[position] = encoded[position] ^ bytes1(uint8(1 << (bit % 8)));
        Receipt memory changed = abi.decode(encoded, (Receipt));
        (bool ok,) = verifier.verify(changed, contributorSignature, gatewaySignature);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, contributorSignature, gatewaySignature);
        vm.assertTrue(ok);
    }

    /// @dev Both sign a receipt with one member a bit too large: hashing takes it as it is, so the
    /// signatures are good, and no ABI decoder would let it pass.
    function test_a_member_beyond_its_type_is_refused_though_signed() public view {
        bytes memory encoded = abi.encode(receiptOf(1));
        uint256 narrow = 0;
        for (uint256 member = 0; member < 29; ++member) {
            uint256 width = _widthOf(member);
            if (width == 256) continue;
            ++narrow;
            bytes memory tooLarge = bytes.concat(encoded);
            uint256 position = member * 32 + 31 - width / 8;
            tooLarge[position] = tooLarge[position] ^ bytes1(uint8(1));
            (bool receiptOk, bool workOk) = _judgeSigned(tooLarge);
            vm.assertFalse(receiptOk, vm.toString(member));
            vm.assertTrue(workOk == (member >= 15), vm.toString(member));
        }
        vm.assertEq(narrow, 15);
        (bool plainOk, bool plainWorkOk) = _judgeSigned(encoded);
        vm.assertTrue(plainOk && plainWorkOk);
    }

    function test_no_byte_of_a_signature_can_change(uint8 position, uint8 flip) public view {
        if (flip == 0) return;
        Receipt memory receipt = receiptOf(1);
        bytes memory good = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        bytes memory bad = bytes.concat(good);
        bad[position % 65] = bad[position % 65] ^ bytes1(flip);
        (bool ok,) = verifier.verify(receipt, bad, gatewaySignature);
        vm.assertFalse(ok);
        bad = bytes.concat(gatewaySignature);
        bad[position % 65] = bad[position % 65] ^ bytes1(flip);
        (ok,) = verifier.verify(receipt, good, bad);
        vm.assertFalse(ok);
    }

    function test_malleable_forms_are_refused() public view {
        Receipt memory receipt = receiptOf(1);
        bytes memory good = signReceipt(receipt, GATEWAY_KEY);
        (bytes32 r, bytes32 s) = abi.decode(good, (bytes32, bytes32));
        uint8 v = uint8(good[64]);
        uint256 highS = 2 * StrictSignature.MAX_S + 1 - uint256(s);
        _assertRefused(receipt, abi.encodePacked(r, highS, v == 27 ? 28 : 27));
        _assertRefused(receipt, abi.encodePacked(r, s, v - 27));
        _assertRefused(receipt, abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255)));
        _assertRefused(receipt, abi.encodePacked(good, uint8(0)));
        _assertRefused(receipt, "");
        vm.assertTrue(isValid(receipt));
    }

    function test_swapped_and_foreign_signatures_are_refused() public view {
        Receipt memory receipt = receiptOf(1);
        bytes memory workSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory receiptSignature = signReceipt(receipt, GATEWAY_KEY);
        (bool ok,) = verifier.verify(receipt, receiptSignature, workSignature);
        vm.assertFalse(ok);
        // The gateway's key over the Work, and the contributor's over the Receipt.
        (ok,) = verifier.verify(receipt, signWork(receipt.work, GATEWAY_KEY), receiptSignature);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, workSignature, signReceipt(receipt, CONTRIBUTOR_KEY));
        vm.assertFalse(ok);
        // Self-consistent, but by a key that nobody registered.
        (ok,) = verifier.verify(
            receipt, signWork(receipt.work, OTHER_KEY), signReceipt(receipt, OTHER_KEY)
        );
        vm.assertFalse(ok);
    }

    function test_without_a_contributor_its_signature_is_empty() public view {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 1;
        receipt.work.contributor = address(0);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        (bool ok,) = verifier.verify(receipt, "", gatewaySignature);
        vm.assertTrue(ok);
        (ok,) = verifier.verify(receipt, signWork(receipt.work, CONTRIBUTOR_KEY), gatewaySignature);
        vm.assertFalse(ok);
    }

    function test_without_a_contributor_the_gateways_key_is_still_looked_up() public {
        OwnedWallet wallet = new OwnedWallet(vm.addr(OTHER_KEY));
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 1;
        bytes memory inner = signReceipt(receipt, OTHER_KEY);
        (bool ok,) = verifier.verify(receipt, "", inner);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, "", abi.encodePacked(address(wallet), inner));
        vm.assertFalse(ok);
        vm.prank(gateway);
        gateways.addSigningKey(address(wallet), START_S);
        (ok,) = verifier.verify(receipt, "", abi.encodePacked(address(wallet), inner));
        vm.assertTrue(ok);
        (ok,) = verifier.verify(
            receipt, "", abi.encodePacked(address(wallet), signReceipt(receipt, CONTRIBUTOR_KEY))
        );
        vm.assertFalse(ok);
    }

    function test_a_claimed_contributor_must_have_signed() public view {
        Receipt memory receipt = receiptOf(1);
        (bool ok,) = verifier.verify(receipt, "", signReceipt(receipt, GATEWAY_KEY));
        vm.assertFalse(ok);
    }

    function test_the_gateway_tier_is_not_optional() public view {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 2;
        vm.assertFalse(isValid(receipt));
    }

    function test_keys_are_looked_up_when_the_work_finished() public {
        Receipt memory old = receiptOf(1);
        vm.prank(contributor);
        contributors.revokeSigningKey(vm.addr(CONTRIBUTOR_KEY));
        vm.warp(START_S + 120);
        vm.assertTrue(isValid(old));
        Receipt memory last = receiptOf(2);
        last.work.finishedAt = START_S + 59;
        vm.assertTrue(isValid(last));
        Receipt memory late = receiptOf(3);
        late.work.finishedAt = START_S + 60;
        vm.assertFalse(isValid(late));
        Receipt memory early = receiptOf(4);
        early.work.finishedAt = START_S - 1;
        vm.assertFalse(isValid(early));
    }

    function test_keys_that_are_contracts_sign_by_erc1271() public {
        OwnedWallet wallet = new OwnedWallet(vm.addr(OTHER_KEY));
        vm.prank(contributor);
        contributors.addSigningKey(address(wallet), START_S);
        Receipt memory receipt = receiptOf(1);
        bytes memory inner = signWork(receipt.work, OTHER_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        (bool ok,) =
            verifier.verify(receipt, abi.encodePacked(address(wallet), inner), gatewaySignature);
        vm.assertTrue(ok);
        // An unregistered wallet with the same owner is not asked.
        OwnedWallet other = new OwnedWallet(vm.addr(OTHER_KEY));
        (ok,) = verifier.verify(receipt, abi.encodePacked(address(other), inner), gatewaySignature);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, inner, gatewaySignature);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, abi.encodePacked(address(wallet)), gatewaySignature);
        vm.assertFalse(ok);
        (ok,) = verifier.verify(receipt, hex"1234", gatewaySignature);
        vm.assertFalse(ok);
    }

    function test_hostile_keys_cannot_revert_the_call() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        for (uint256 i = 0; i <= uint256(type(HostileWallet.Manner).max); ++i) {
            address wallet = address(new HostileWallet(HostileWallet.Manner(i)));
            vm.prank(contributor);
            contributors.addSigningKey(wallet, START_S);
            (bool ok,) =
                verifier.verify(receipt, abi.encodePacked(wallet, uint8(1)), gatewaySignature);
            vm.assertFalse(ok);
        }
    }

    function test_arbitrary_signatures_never_revert(bytes calldata first, bytes calldata second)
        public
        view
    {
        (bool ok,) = verifier.verify(receiptOf(1), first, second);
        vm.assertFalse(ok);
    }

    function test_receipts_are_bound_to_chain_and_verifier() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        ReceiptVerifier other = new ReceiptVerifier(contributors, gateways, receiptAnchor);
        (bool ok,) = other.verify(receipt, contributorSignature, gatewaySignature);
        vm.assertFalse(ok);
        vm.chainId(1);
        (ok,) = verifier.verify(receipt, contributorSignature, gatewaySignature);
        vm.assertFalse(ok);
    }

    function test_registries_with_different_key_books_are_refused() public {
        ISigningKeyBook other = new ContributorRegistry(terms());
        GatewayRegistry apart = new GatewayRegistry(terms(), other);
        vm.expectRevert(
            abi.encodeWithSelector(IReceiptVerifier.KeyBooksDiffer.selector, contributors, other)
        );
        new ReceiptVerifier(contributors, apart, receiptAnchor);
    }

    function test_each_part_of_a_policy_is_asked_for() public {
        Receipt memory receipt = receiptOf(1);
        Policy memory policy = _policyOf(receipt);
        policy.modelId = keccak256("another model");
        vm.assertFalse(_verifyContent(receipt, ANSWER, policy));
        policy = _policyOf(receipt);
        policy.gateway = contributor;
        vm.assertFalse(_verifyContent(receipt, ANSWER, policy));
        policy = _policyOf(receipt);
        policy.minTiers = 3 | 16;
        vm.assertFalse(_verifyContent(receipt, ANSWER, policy));
        policy = _policyOf(receipt);
        policy.maxAge = 48; // finished 48 seconds ago
        vm.assertTrue(_verifyContent(receipt, ANSWER, policy));
        policy.maxAge = 47;
        vm.assertFalse(_verifyContent(receipt, ANSWER, policy));
        Policy memory any;
        vm.assertTrue(_verifyContent(receipt, ANSWER, any));
        vm.warp(type(uint64).max);
        vm.assertTrue(_verifyContent(receipt, ANSWER, any));
    }

    /// @dev The words of a policy beyond their types: they refuse, and none reverts.
    function test_a_policy_beyond_its_types_is_met_by_no_receipt() public view {
        Receipt memory receipt = receiptOf(1);
        Policy memory policy = _policyOf(receipt);
        vm.assertTrue(_verifyContentByWords(receipt, policy, 0));
        vm.assertFalse(_verifyContentByWords(receipt, policy, 1));
        vm.assertFalse(_verifyContentByWords(receipt, policy, 3));
        // Longer than any receipt is old.
        vm.assertTrue(_verifyContentByWords(receipt, policy, 2));
    }

    function test_a_receipt_from_the_future_does_not_wrap_the_age() public view {
        Receipt memory receipt = receiptOf(1);
        receipt.work.finishedAt = type(uint64).max;
        Policy memory policy = _policyOf(receipt);
        policy.maxAge = type(uint64).max;
        vm.assertTrue(_verifyContent(receipt, ANSWER, policy));
    }

    function test_verifyJob_takes_the_receipt_packed() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory packed = abi.encode(
            receipt, signWork(receipt.work, CONTRIBUTOR_KEY), signReceipt(receipt, GATEWAY_KEY)
        );
        vm.assertTrue(verifier.verifyJob(receipt.work.jobId, ANSWER, packed));
        vm.assertFalse(verifier.verifyJob(keccak256("another job"), ANSWER, packed));
        vm.assertFalse(verifier.verifyJob(receipt.work.jobId, "Rome", packed));
        vm.expectRevert();
        verifier.verifyJob(receipt.work.jobId, ANSWER, hex"00");
    }

    function test_verifyWork_asks_the_contributor_alone() public view {
        Work memory work = receiptOf(1).work;
        (bool ok, bytes32 digest) = verifier.verifyWork(work, signWork(work, CONTRIBUTOR_KEY));
        vm.assertTrue(ok);
        vm.assertEq(digest, verifier.workDigestOf(work));
        (ok,) = verifier.verifyWork(work, signWork(work, GATEWAY_KEY));
        vm.assertFalse(ok);
    }

    function _verifyContent(Receipt memory receipt, bytes memory content, Policy memory policy)
        private
        view
        returns (bool)
    {
        return verifier.verifyContent(
            receipt,
            signWork(receipt.work, CONTRIBUTOR_KEY),
            signReceipt(receipt, GATEWAY_KEY),
            content,
            policy
        );
    }

    /// @dev As `_verifyContent`, with the highest bit of one word of the policy set; none for word 0.
    function _verifyContentByWords(Receipt memory receipt, Policy memory policy, uint256 position)
        private
        view
        returns (bool)
    {
        uint256[4] memory words = abi.decode(abi.encode(policy), (uint256[4]));
        if (position != 0) words[position] |= 1 << 255;
        (bool success, bytes memory result) = address(verifier)
            .staticcall(
                abi.encodePacked(
                    verifier.verifyContent.selector,
                    abi.encode(
                        receipt,
                        signWork(receipt.work, CONTRIBUTOR_KEY),
                        signReceipt(receipt, GATEWAY_KEY),
                        ANSWER,
                        words
                    )
                )
            );
        vm.assertTrue(success);
        return abi.decode(result, (bool));
    }

    /// @param encoded 29 words of a receipt, which need not fit their types.
    function _judgeSigned(bytes memory encoded) private view returns (bool receiptOk, bool workOk) {
        uint256[29] memory words = abi.decode(encoded, (uint256[29]));
        uint256[15] memory work;
        for (uint256 i = 0; i < 15; ++i) {
            work[i] = words[i];
        }
        bytes32 digest = abi.decode(_ask(verifier.digestOf.selector, abi.encode(words)), (bytes32));
        bytes32 workDigest =
            abi.decode(_ask(verifier.workDigestOf.selector, abi.encode(work)), (bytes32));
        bytes memory workSignature = signatureOf(CONTRIBUTOR_KEY, workDigest);
        bytes memory receiptSignature = signatureOf(GATEWAY_KEY, digest);
        (receiptOk,) = abi.decode(
            _ask(verifier.verify.selector, abi.encode(words, workSignature, receiptSignature)),
            (bool, bytes32)
        );
        (workOk,) = abi.decode(
            _ask(verifier.verifyWork.selector, abi.encode(work, workSignature)), (bool, bytes32)
        );
    }

    function _ask(bytes4 selector, bytes memory arguments) private view returns (bytes memory) {
        (bool success, bytes memory result) =
            address(verifier).staticcall(abi.encodePacked(selector, arguments));
        vm.assertTrue(success, "the call reverted");
        return result;
    }

    function _policyOf(Receipt memory receipt) private view returns (Policy memory) {
        return Policy(receipt.work.modelId, 3, 1 hours, gateway);
    }

    function _assertRefused(Receipt memory receipt, bytes memory gatewaySignature) private view {
        (bool ok,) =
            verifier.verify(receipt, signWork(receipt.work, CONTRIBUTOR_KEY), gatewaySignature);
        vm.assertFalse(ok);
    }

    /// @dev Bits of the member in this word of the encoding, so that a flip stays a valid value.
    function _widthOf(uint256 word) private pure returns (uint256) {
        if (word == 1 || word == 2 || word == 17) return 160; // gateway, contributor, client
        if (word >= 8 && word <= 10) return 32; // token counts
        if (word == 12 || word == 13 || word == 16 || word == 21 || word == 28) return 64;
        if (word == 14) return 8; // status
        if (word == 22 || word == 23) return 128; // cost, cumulative
        if (word == 26) return 16; // tiers
        return 256;
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _separator(), structHash));
    }

    function _separator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("Vouch Receipts"),
                keccak256("1"),
                block.chainid,
                address(verifier)
            )
        );
    }

    function _workHash(Work memory work) private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                keccak256(
                    "Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)"
                ),
                abi.encode(work)
            )
        );
    }

    function _receiptHash(Receipt memory receipt) private pure returns (bytes32) {
        bytes memory head = abi.encode(
            keccak256(
                "Receipt(Work work,bytes32 receiptId,uint64 gatewaySeq,address client,bytes32 requestHash,bytes32 responseHash,bytes32 channelId,uint64 channelSeq,uint128 cost,uint128 cumulative,bytes32 priceHash,bytes32 prevReceipt,uint16 tiers,bytes32 evidenceHash,uint64 anchorBy)Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)"
            ),
            _workHash(receipt.work),
            receipt.receiptId,
            receipt.gatewaySeq,
            receipt.client,
            receipt.requestHash,
            receipt.responseHash
        );
        bytes memory tail = abi.encode(
            receipt.channelId,
            receipt.channelSeq,
            receipt.cost,
            receipt.cumulative,
            receipt.priceHash,
            receipt.prevReceipt,
            receipt.tiers,
            receipt.evidenceHash,
            receipt.anchorBy
        );
        return keccak256(bytes.concat(head, tail));
    }
}
