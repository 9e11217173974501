// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMembershipProofs} from "../../src/interfaces/IMembershipProofs.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {MembershipProofs} from "../../src/proofs/MembershipProofs.sol";
import {MembershipStatement} from "../../src/types/MembershipStatement.sol";
import {Policy} from "../../src/types/Policy.sol";
import {RudeVerifier, TaggedVerifier} from "../hostile/Verifiers.sol";
import {ReceiptFixture} from "../support/ReceiptFixture.sol";
import {vm} from "../support/Vm.sol";

contract MembershipProofsTest is ReceiptFixture {
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant PURPOSE = "one each";

    MembershipProofs private _proofs;
    address private _consumer = address(0xC0);
    address private _holder = address(0x401D);

    function setUp() public {
        setUpReceipts();
        _proofs = _proofsWith(new TaggedVerifier("membership"));
        vm.prank(gateway);
        receiptAnchor.anchor(ROOT, 3, 0);
        vm.warp(START_S + 100_000);
    }

    function test_a_receipt_gives_its_holder_something_once() public {
        MembershipStatement memory statement = _statement();
        bytes memory proof = _proof(statement);
        vm.expectEmit(address(_proofs));
        emit IMembershipProofs.MembershipUsed(
            _consumer, statement.scope, statement.nullifier, _holder
        );
        vm.prank(_consumer);
        vm.assertEq(_proofs.use(PURPOSE, _policy(), statement, proof), _holder);
        vm.assertTrue(_proofs.isUsed(statement.scope, statement.nullifier));
        _refuse(
            statement,
            abi.encodeWithSelector(
                IMembershipProofs.NullifierUsed.selector, statement.scope, statement.nullifier
            )
        );
        // Nor for somebody else, by a second proof of the same receipt.
        statement.bound = address(0xBEEF);
        _refuse(
            statement,
            abi.encodeWithSelector(
                IMembershipProofs.NullifierUsed.selector, statement.scope, statement.nullifier
            )
        );
    }

    function test_a_scope_belongs_to_a_consumer_a_purpose_and_a_chain() public {
        MembershipStatement memory statement = _statement();
        bytes memory proof = _proof(statement);
        // A copy of a pending transaction, sent by its copier to burn the nullifier.
        address other = address(0xBAD);
        vm.expectRevert(_scopeMismatch(_proofs.scopeOf(other, PURPOSE), statement.scope));
        vm.prank(other);
        _proofs.use(PURPOSE, _policy(), statement, proof);
        vm.expectRevert(_scopeMismatch(_proofs.scopeOf(_consumer, "two"), statement.scope));
        vm.prank(_consumer);
        _proofs.use("two", _policy(), statement, proof);
        vm.chainId(1);
        vm.expectRevert(_scopeMismatch(_proofs.scopeOf(_consumer, PURPOSE), statement.scope));
        vm.prank(_consumer);
        _proofs.use(PURPOSE, _policy(), statement, proof);
        vm.chainId(31337);
        MembershipProofs elsewhere = _proofsWith(_proofs.proofVerifier());
        vm.expectRevert(_scopeMismatch(elsewhere.scopeOf(_consumer, PURPOSE), statement.scope));
        vm.prank(_consumer);
        elsewhere.use(PURPOSE, _policy(), statement, proof);
    }

    function test_every_member_of_the_statement_is_in_the_proof() public {
        MembershipStatement memory honest = _statement();
        bytes memory proof = _proof(honest);
        vm.prank(gateway);
        receiptAnchor.anchor(keccak256("another"), 3, 1);
        for (uint256 member = 0; member < 7; ++member) {
            MembershipStatement memory changed = _statement();
            if (member == 0) changed.root = keccak256("another");
            if (member == 1) changed.modelId = "another";
            if (member == 2) changed.tiers = 67;
            if (member == 3) changed.finishedAfter += 1;
            if (member == 4) changed.finishedBefore += 1;
            if (member == 5) changed.nullifier = "another";
            if (member == 6) changed.bound = address(0xBEEF);
            Policy memory any;
            vm.expectRevert(_refused());
            vm.prank(_consumer);
            _proofs.use(PURPOSE, any, changed, proof);
        }
        vm.prank(_consumer);
        _proofs.use(PURPOSE, _policy(), honest, proof);
    }

    function test_what_the_consumer_asks_of_the_receipt_is_held() public {
        MembershipStatement memory statement = _statement();
        bytes memory proof = _proof(statement);
        Policy[4] memory policies = [_policy(), _policy(), _policy(), _policy()];
        policies[0].modelId = "another";
        policies[1].minTiers = 7;
        policies[2].gateway = contributor;
        policies[3].maxAge = 100_000 - 11;
        for (uint256 i = 0; i < policies.length; ++i) {
            vm.expectRevert(IMembershipProofs.PolicyNotMet.selector);
            vm.prank(_consumer);
            _proofs.use(PURPOSE, policies[i], statement, proof);
        }
        policies[3].maxAge = 100_000 - 10;
        vm.prank(_consumer);
        _proofs.use(PURPOSE, policies[3], statement, proof);
        // Ages that cannot be added up are no age.
        statement = _statement();
        statement.nullifier = "second";
        policies[3].maxAge = type(uint64).max;
        proof = _proof(statement);
        vm.prank(_consumer);
        _proofs.use(PURPOSE, policies[3], statement, proof);
    }

    function test_only_genuine_receipts_count() public {
        MembershipStatement memory statement = _statement();
        bytes32 separator = statement.domainSeparator;
        statement.domainSeparator = "another";
        _refuse(
            statement,
            abi.encodeWithSelector(
                IMembershipProofs.DomainMismatch.selector, separator, bytes32("another")
            )
        );
        statement = _statement();
        statement.root = "never anchored";
        _refuse(
            statement,
            abi.encodeWithSelector(IMembershipProofs.RootNotAnchored.selector, statement.root)
        );
        statement = _statement();
        statement.bound = address(0);
        _refuse(statement, abi.encodeWithSelector(IMembershipProofs.BoundToNobody.selector));
        statement = _statement();
        statement.finishedBefore = statement.finishedAfter - 1;
        _refuse(
            statement,
            abi.encodeWithSelector(
                IMembershipProofs.TimesReversed.selector,
                statement.finishedAfter,
                statement.finishedBefore
            )
        );
    }

    function test_a_key_signs_for_its_gateway_while_it_is_active() public {
        MembershipStatement memory statement = _statement();
        (statement.gatewayKeyX, statement.gatewayKeyY) = _publicKeyOf(OTHER_KEY);
        _refuse(statement, _keyNotActive(OTHER_KEY));
        statement = _statement();
        statement.finishedAfter = START_S - 1;
        Policy memory any;
        bytes memory proof = _proof(statement);
        vm.expectRevert(_keyNotActive(GATEWAY_KEY));
        vm.prank(_consumer);
        _proofs.use(PURPOSE, any, statement, proof);
        uint64 revokedAt = uint64(block.timestamp);
        vm.prank(gateway);
        gateways.revokeSigningKey(vm.addr(GATEWAY_KEY));
        statement = _statement();
        statement.finishedBefore = revokedAt;
        _refuse(statement, _keyNotActive(GATEWAY_KEY));
        statement.finishedBefore = revokedAt - 1;
        proof = _proof(statement);
        vm.prank(_consumer);
        _proofs.use(PURPOSE, _policy(), statement, proof);
    }

    function test_a_hostile_verifier_and_one_that_is_not_there_let_nobody_in() public {
        _proofs = _proofsWith(new RudeVerifier());
        MembershipStatement memory statement = _statement();
        for (uint8 manner = 0; manner < 7; ++manner) {
            vm.expectRevert(_refused());
            vm.prank(_consumer);
            _proofs.use(PURPOSE, _policy(), statement, abi.encodePacked(manner));
        }
        _proofs = _proofsWith(IProofVerifier(address(0)));
        statement = _statement();
        vm.expectRevert(_refused());
        vm.prank(_consumer);
        _proofs.use(PURPOSE, _policy(), statement, "");
        vm.assertFalse(_proofs.isUsed(statement.scope, statement.nullifier));
    }

    function _proofsWith(IProofVerifier judge) private returns (MembershipProofs) {
        return new MembershipProofs(gateways, receiptAnchor, address(verifier), judge);
    }

    function _statement() private returns (MembershipStatement memory) {
        (bytes32 x, bytes32 y) = _publicKeyOf(GATEWAY_KEY);
        return MembershipStatement({
            domainSeparator: verifier.domainSeparator(),
            root: ROOT,
            modelId: keccak256("model"),
            tiers: 3,
            finishedAfter: START_S + 10,
            finishedBefore: START_S + 20,
            gateway: gateway,
            gatewayKeyX: x,
            gatewayKeyY: y,
            scope: _proofs.scopeOf(_consumer, PURPOSE),
            nullifier: keccak256("nullifier"),
            bound: _holder
        });
    }

    function _publicKeyOf(uint256 key) private returns (bytes32 x, bytes32 y) {
        return (bytes32(vm.createWallet(key).publicKeyX), bytes32(vm.createWallet(key).publicKeyY));
    }

    function _policy() private view returns (Policy memory) {
        return Policy(keccak256("model"), 3, 0, gateway);
    }

    function _proof(MembershipStatement memory statement) private view returns (bytes memory) {
        return abi.encode(bytes32("membership"), _proofs.publicInputsOf(statement));
    }

    function _refuse(MembershipStatement memory statement, bytes memory revertData) private {
        bytes memory proof = _proof(statement);
        vm.expectRevert(revertData);
        vm.prank(_consumer);
        _proofs.use(PURPOSE, _policy(), statement, proof);
    }

    function _refused() private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IMembershipProofs.ProofRefused.selector, _proofs.proofVerifier());
    }

    function _scopeMismatch(bytes32 expected, bytes32 actual) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMembershipProofs.ScopeMismatch.selector, expected, actual);
    }

    function _keyNotActive(uint256 key) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IMembershipProofs.KeyNotActive.selector, gateway, vm.addr(key));
    }
}
