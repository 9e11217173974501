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

    /// @dev Held to a plain search over everything that was bound.
    function test_an_operator_is_covered_while_any_of_its_keys_is(
        uint32[8] calldata pauses,
        uint32[8] calldata terms,
        uint64 asked
    ) public {
        uint64 nowS = START_S;
        uint64[8] memory froms;
        uint64[8] memory untils;
        for (uint256 i = 0; i < 8; ++i) {
            nowS += pauses[i] % 20 days;
            vm.warp(nowS);
            uint64 until = nowS + 1 + terms[i] % 30 days;
            address key = address(uint160(i % 3 + 1));
            bytes32 reportData =
                keccak256(abi.encode(block.chainid, address(tierEvidence), contributor, key));
            tierEvidence.bindKey(contributor, key, abi.encode(reportData, key, until));
            (froms[i], untils[i]) = (nowS, until);
        }
        uint64 time = START_S + asked % 200 days;
        bool expected = false;
        for (uint256 i = 0; i < 8; ++i) {
            if (froms[i] <= time && time < untils[i]) expected = true;
        }
        vm.assertTrue(tierEvidence.isAnyKeyBoundAt(contributor, time) == expected);
        vm.assertTrue(tierEvidence.isAnyKeyBoundAt(contributor, nowS));
        vm.assertFalse(tierEvidence.isAnyKeyBoundAt(client, nowS));
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
