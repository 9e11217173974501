// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITierEvidence} from "../src/interfaces/ITierEvidence.sol";
import {SlashingFixture} from "./support/SlashingFixture.sol";
import {vm} from "./support/Vm.sol";

contract TierEvidenceTest is SlashingFixture {
    address private _key = vm.addr(CONTRIBUTOR_KEY);

    function setUp() public {
        setUpSlashing();
    }

    function test_a_binding_lasts_from_its_quote_to_its_end() public {
        _bind(START_S + 10 days);
        vm.assertTrue(tierEvidence.isBoundAt(contributor, _key, START_S));
        vm.assertFalse(tierEvidence.isBoundAt(contributor, _key, START_S - 1));
        vm.assertFalse(tierEvidence.isBoundAt(contributor, _key, START_S + 10 days));
        // A renewal leaves the first binding as it was.
        vm.warp(START_S + 20 days);
        _bind(START_S + 40 days);
        vm.assertTrue(tierEvidence.isBoundAt(contributor, _key, START_S + 9 days));
        vm.assertFalse(tierEvidence.isBoundAt(contributor, _key, START_S + 15 days));
        vm.assertTrue(tierEvidence.isBoundAt(contributor, _key, START_S + 30 days));
    }

    function test_quotes_are_for_one_operator_key_and_contract() public {
        bytes memory quote = abi.encode(_reportData(contributor), _key, START_S + 1 days);
        vm.expectRevert(abi.encodeWithSelector(ITierEvidence.QuoteRefused.selector, client, _key));
        tierEvidence.bindKey(client, _key, quote);
        quote = abi.encode(_reportData(contributor), _key, START_S);
        vm.expectRevert(
            abi.encodeWithSelector(ITierEvidence.QuoteRefused.selector, contributor, _key)
        );
        tierEvidence.bindKey(contributor, _key, quote);
        quote = abi.encode(_reportData(contributor), _key, START_S + 30 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITierEvidence.BoundTooLong.selector, START_S + 30 days + 1, START_S + 30 days
            )
        );
        tierEvidence.bindKey(contributor, _key, quote);
    }

    function test_a_proof_is_dated_when_it_first_comes_and_a_wrong_one_is_refused() public {
        bytes memory proof = abi.encode(keccak256(abi.encode("m", "i", "c")));
        vm.expectRevert(
            abi.encodeWithSelector(
                ITierEvidence.ProofRefused.selector, bytes32("m"), bytes32("i"), bytes32("c")
            )
        );
        tierEvidence.proveInference("m", "i", "c", proof);
        proof = abi.encode(keccak256(abi.encode(bytes32("m"), bytes32("i"), bytes32("c"))));
        tierEvidence.proveInference("m", "i", "c", proof);
        vm.warp(START_S + 100);
        tierEvidence.proveInference("m", "i", "c", proof);
        vm.assertEq(tierEvidence.provenAt("m", "i", "c"), START_S);
        vm.assertEq(tierEvidence.provenAt("m", "i", "d"), 0);
    }

    function _bind(uint64 until) private {
        tierEvidence.bindKey(contributor, _key, abi.encode(_reportData(contributor), _key, until));
    }

    function _reportData(address operator) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(tierEvidence), operator, _key));
    }
}
