// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TierEvidence} from "../../src/TierEvidence.sol";
import {IModelProofs} from "../../src/interfaces/IModelProofs.sol";
import {IQuoteVerifier, ITierEvidence} from "../../src/interfaces/ITierEvidence.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {DevelopmentSetup} from "../../src/libraries/DevelopmentSetup.sol";
import {ProofCall} from "../../src/libraries/ProofCall.sol";
import {ModelProofs} from "../../src/proofs/ModelProofs.sol";
import {ModelCircuit, PROOF_EZKL, PROOF_PACKED} from "../../src/types/ModelCircuit.sol";
import {
    FlagVerifier,
    ProxyVerifier,
    RudeVerifier,
    TaggedVerifier,
    YesVerifier
} from "../hostile/Verifiers.sol";
import {Groth16Fixture} from "../support/Groth16Fixture.sol";
import {ModelFixture} from "../support/ModelFixture.sol";
import {vm} from "../support/Vm.sol";

contract ModelProofsTest is ModelFixture, Groth16Fixture {
    address private constant PUBLISHER = address(0xA11CE);

    function setUp() public {
        models = new ModelProofs();
    }

    function test_the_model_is_the_hash_of_its_whole_manifest() public {
        TaggedVerifier verifier = new TaggedVerifier("tag");
        ModelCircuit memory circuit = circuitOf(address(verifier), PROOF_PACKED, 16, 1);
        circuit.codeHash = 0x00000000000000000000000000000000000000000000000000000000000000af;
        circuit.setup = 0x0a0b000000000000000000000000000000000000000000000000000000000001;
        bytes memory manifest = models.manifestOf(PREFIX, circuit, SUFFIX);
        vm.assertEq(
            string(manifest),
            '{"id":"volatility","outputs":["sigma"],"provable":{"codeHash":"0x00000000000000000000000000000000000000000000000000000000000000af","inputs":16,"kind":"packed","outputs":1,"setup":"0x0a0b000000000000000000000000000000000000000000000000000000000001"},"revision":null,"weights":{"model.onnx":"00"}}'
        );
        circuit = circuitOf(address(verifier), PROOF_EZKL, 4_000_000_000, 2);
        circuit.setup = 0;
        manifest = models.manifestOf("{", circuit, "}");
        vm.assertEq(
            string(manifest),
            string.concat(
                '{"provable":{"codeHash":"',
                _hex(address(verifier).codehash),
                '","inputs":4000000000,"kind":"ezkl","outputs":2,"setup":"dev-insecure"}}'
            )
        );
        vm.expectEmit(address(models));
        emit IModelProofs.ModelRegistered(
            keccak256(manifest), address(verifier), address(verifier).codehash, 0
        );
        vm.prank(address(0xABCD)); // anybody
        vm.assertEq(models.register("{", circuit, "}"), keccak256(manifest));
        ModelCircuit memory kept = models.circuitOf(keccak256(manifest));
        vm.assertEq(keccak256(abi.encode(kept)), keccak256(abi.encode(circuit)));
        vm.assertEq(models.circuitOf("nobody's").verifier, address(0));
    }

    function test_nobody_registers_code_that_the_manifest_does_not_name() public {
        TaggedVerifier honest = new TaggedVerifier("tag");
        ModelCircuit memory circuit = circuitOf(address(honest), PROOF_PACKED, 2, 1);
        bytes32 modelId = keccak256(models.manifestOf(PREFIX, circuit, SUFFIX));
        address yes = address(new YesVerifier());
        circuit.verifier = yes;
        _refuse(circuit, _mismatch(circuit, yes.codehash));
        // Nothing there, and an account with money and no code, whose hash is that of no bytes.
        circuit.verifier = address(0xDEAD);
        _refuse(circuit, _mismatch(circuit, address(0xDEAD).codehash));
        circuit.codeHash = keccak256("");
        circuit.verifier = vm.addr(1);
        _refuse(circuit, _mismatch(circuit, vm.addr(1).codehash));
        // Its own code makes another model.
        vm.assertTrue(
            models.register(PREFIX, circuitOf(yes, PROOF_PACKED, 2, 1), SUFFIX) != modelId
        );
        vm.assertEq(models.circuitOf(modelId).verifier, address(0));
    }

    function test_every_term_of_the_circuit_is_part_of_the_model() public {
        TaggedVerifier honest = new TaggedVerifier("tag");
        ModelCircuit memory circuit = circuitOf(address(honest), PROOF_PACKED, 21, 1);
        bytes32 modelId = models.register(PREFIX, circuit, SUFFIX);
        circuit.kind = PROOF_EZKL;
        vm.assertTrue(models.register(PREFIX, circuit, SUFFIX) != modelId);
        circuit.kind = PROOF_PACKED;
        circuit.inputs = 2;
        vm.assertTrue(models.register(PREFIX, circuit, SUFFIX) != modelId);
        circuit.inputs = 21;
        circuit.outputs = 2;
        vm.assertTrue(models.register(PREFIX, circuit, SUFFIX) != modelId);
        circuit.outputs = 1;
        circuit.setup = keccak256("another ceremony");
        vm.assertTrue(models.register(PREFIX, circuit, SUFFIX) != modelId);
        circuit.setup = CEREMONY;
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelProofs.AlreadyRegistered.selector, modelId, address(honest)
            )
        );
        models.register(PREFIX, circuit, SUFFIX);
    }

    /// @dev One manifest, many ways to cut it: only the member at the top is the circuit's.
    function test_json_that_only_looks_like_the_member_is_refused() public {
        ModelCircuit memory circuit = circuitOf(address(new YesVerifier()), PROOF_PACKED, 2, 1);
        string[24] memory cuts = [
            // inside of another object, of a list, of a string, of a key that ends so
            '{"a":{|},"provable":{"codeHash":"0x"}}',
            '{"a":{"b":1,|},"c":2}',
            '{"a":[{|}]}',
            '{"a":[1,|]}',
            '{"a":"x,|"}',
            '{"a":"\\",|"}',
            '{"a\\|:1}',
            '{"a":"{,|}',
            // a second member of the name, before or after, also in another spelling
            '{"provable":{"codeHash":"0x"},|}',
            '{"provable":1,"z":2,|}',
            '{|,"provable":{}}',
            '{|,"q":1,"provable":null}',
            '{|,"prova\\u0062le":null}',
            '{"prova\\u0062le":null,|}',
            '{|,"provable" :1}',
            // no object, or one that goes on
            "[|]",
            "|",
            "{|",
            "|}",
            "{|}}",
            '{|},{"a":1}',
            '{"a":1|}',
            "{| }",
            " {|}"
        ];
        for (uint256 i = 0; i < cuts.length; ++i) {
            (bytes memory prefix, bytes memory suffix) = _cut(bytes(cuts[i]));
            vm.expectRevert(IModelProofs.ManifestMalformed.selector);
            models.register(prefix, circuit, suffix);
        }
        // A text that ends inside of a string, also behind a backslash.
        vm.expectRevert(IModelProofs.ManifestMalformed.selector);
        models.register("{", circuit, ',"a":"}');
        vm.expectRevert(IModelProofs.ManifestMalformed.selector);
        models.register("{", circuit, ',"a":"}\\');
        vm.expectRevert(IModelProofs.ManifestMalformed.selector);
        models.register('{"a":"\\",', circuit, "}");
    }

    function test_json_that_has_the_member_at_its_top_is_taken() public {
        ModelCircuit memory circuit = circuitOf(address(new YesVerifier()), PROOF_PACKED, 2, 1);
        string[8] memory cuts = [
            "{|}",
            '{"a":1,|}',
            '{"a":{"provable":{"codeHash":"0x00"}},|}',
            '{"a":["provable",{"b":[]}],|,"z":"\\"provable\\":{"}',
            '{"a":"provable",|,"q":"provable"}',
            '{"a":"\\\\",|,"z":"}"}',
            '{"a":" ,{[",|,"q":{},"z":[]}',
            unicode'{"é":"ü",|,"𝄞":null}'
        ];
        for (uint256 i = 0; i < cuts.length; ++i) {
            (bytes memory prefix, bytes memory suffix) = _cut(bytes(cuts[i]));
            bytes32 modelId = models.register(prefix, circuit, suffix);
            vm.assertEq(models.circuitOf(modelId).verifier, circuit.verifier);
        }
    }

    /// @dev A known manifest, cut at any two places: whoever fits an own circuit in between hashes
    /// something else, or fits in the very circuit that stands there.
    function testFuzz_a_cut_of_a_manifest_gives_its_own_circuit_or_another_model(
        uint256 from,
        uint256 to,
        bytes32 codeHash
    ) public {
        ModelCircuit memory circuit = circuitOf(address(new YesVerifier()), PROOF_PACKED, 2, 1);
        bytes memory manifest = models.manifestOf(PREFIX, circuit, SUFFIX);
        from %= manifest.length + 1;
        to = from + to % (manifest.length + 1 - from);
        bytes memory prefix = _slice(manifest, 0, from);
        bytes memory suffix = _slice(manifest, to, manifest.length);
        ModelCircuit memory forged = circuit;
        forged.codeHash = codeHash;
        try models.manifestOf(prefix, forged, suffix) returns (bytes memory text) {
            bool isItself = codeHash == circuit.verifier.codehash && from == PREFIX.length;
            vm.assertTrue(keccak256(text) != keccak256(manifest) || isItself);
        } catch {}
    }

    function test_the_cut_at_the_right_place_is_the_manifest() public {
        ModelCircuit memory circuit = circuitOf(address(new YesVerifier()), PROOF_PACKED, 2, 1);
        bytes memory manifest = models.manifestOf(PREFIX, circuit, SUFFIX);
        uint256 found = 0;
        for (uint256 from = 0; from <= manifest.length; ++from) {
            for (uint256 to = from; to <= manifest.length; ++to) {
                if (to - from != manifest.length - PREFIX.length - SUFFIX.length) continue;
                bytes memory prefix = _slice(manifest, 0, from);
                bytes memory suffix = _slice(manifest, to, manifest.length);
                try models.manifestOf(prefix, circuit, suffix) returns (bytes memory text) {
                    if (keccak256(text) == keccak256(manifest)) ++found;
                } catch {}
            }
        }
        vm.assertEq(found, 1);
    }

    function test_kinds_and_shapes_that_mean_nothing_are_refused() public {
        ModelCircuit memory circuit = circuitOf(address(new YesVerifier()), 0, 2, 1);
        _refuse(circuit, abi.encodeWithSelector(IModelProofs.KindUnknown.selector, 0));
        circuit.kind = 3;
        _refuse(circuit, abi.encodeWithSelector(IModelProofs.KindUnknown.selector, 3));
        circuit.kind = PROOF_PACKED;
        circuit.inputs = 0;
        _refuse(circuit, abi.encodeWithSelector(IModelProofs.ShapeEmpty.selector, 0, 1));
        (circuit.inputs, circuit.outputs) = (1, 0);
        _refuse(circuit, abi.encodeWithSelector(IModelProofs.ShapeEmpty.selector, 1, 0));
    }

    function test_a_development_setup_registers_on_development_chains_alone() public {
        ModelCircuit memory circuit =
            circuitOf(address(new TaggedVerifier("tag")), PROOF_PACKED, 2, 1);
        circuit.setup = 0;
        vm.chainId(1);
        _refuse(circuit, abi.encodeWithSelector(DevelopmentSetup.SetupInsecure.selector, 1));
        vm.chainId(1337);
        models.register(PREFIX, circuit, SUFFIX);
        vm.chainId(31337);
        models.register("{", circuit, "}");
    }

    function test_a_proof_holds_for_its_model_and_values_alone() public {
        bytes32 modelId = registerModel("tag", PROOF_PACKED, 2, 1);
        bytes32 other = registerModel("other", PROOF_PACKED, 2, 1);
        bytes memory proof = packedProof("tag", list(-5, 7), list(3));
        vm.assertTrue(models.verifyValues(modelId, list(-5, 7), list(3), proof));
        vm.assertFalse(models.verifyValues(other, list(-5, 7), list(3), proof));
        vm.assertFalse(models.verifyValues("nobody's", list(-5, 7), list(3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(7, -5), list(3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5, 7), list(4), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5), list(7, 3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5, 7), list(3), ""));
    }

    function test_values_beyond_32_bits_do_not_spill_into_their_neighbours() public {
        bytes32 modelId = registerModel("tag", PROOF_PACKED, 2, 1);
        // 2^31 and −1 pack to the very element that −2^31 and 0 do, if nobody looks.
        bytes memory proof = packedProof("tag", list(-(2 ** 31), 0), list(3));
        vm.assertTrue(models.verifyValues(modelId, list(-(2 ** 31), 0), list(3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(2 ** 31, -1), list(3), proof));
        int256[3] memory outside = [int256(2 ** 31), -(2 ** 31) - 1, type(int256).min];
        for (uint256 i = 0; i < outside.length; ++i) {
            vm.assertFalse(models.verifyValues(modelId, list(outside[i], 0), list(3), proof));
            vm.assertFalse(models.verifyValues(modelId, list(0, 0), list(outside[i]), proof));
        }
    }

    function testFuzz_packed_values_become_their_public_inputs(int32[] calldata values, uint8 cut)
        public
    {
        vm.assume(values.length >= 2);
        uint256 inputs = 1 + uint256(cut) % (values.length - 1);
        (int256[] memory x, int256[] memory y) = _split(values, inputs);
        bytes32 modelId =
            registerModel("tag", PROOF_PACKED, uint32(inputs), uint32(values.length - inputs));
        vm.assertTrue(models.verifyValues(modelId, x, y, packedProof("tag", x, y)));
        bytes memory proof = packedProof("tag", x, y);
        x[0] = x[0] == 0 ? int256(1) : int256(0);
        vm.assertFalse(models.verifyValues(modelId, x, y, proof));
    }

    function testFuzz_ezkl_takes_an_element_for_each_value(int32 a, int32 b, int32 c) public {
        bytes32 modelId = registerModel("tag", PROOF_EZKL, 2, 1);
        uint256[] memory instances = new uint256[](3);
        int32[3] memory values = [a, b, c];
        for (uint256 i = 0; i < 3; ++i) {
            instances[i] =
                addmod(uint256(int256(values[i]) + 2 ** 40), Bn254.ORDER - 2 ** 40, Bn254.ORDER);
        }
        bytes memory proof = abi.encode(bytes32("tag"), instances);
        vm.assertTrue(models.verifyValues(modelId, list(a, b), list(c), proof));
        vm.assertFalse(models.verifyValues(modelId, list(a, b), list(int256(c) + 1), proof));
        // r − 1 is not −1 once more.
        vm.assertFalse(
            models.verifyValues(modelId, list(int256(Bn254.ORDER) - 1, b), list(c), proof)
        );
    }

    function test_an_inference_is_known_by_the_hashes_of_its_receipt() public {
        bytes32 modelId = registerModel("tag", PROOF_PACKED, 2, 1);
        int256[] memory x = list(-5, 7);
        int256[] memory y = list(3);
        bytes memory proof = abi.encode(x, y, packedProof("tag", x, y));
        bytes32 inputHash = sha256(abi.encode(x));
        bytes32 contentHash = keccak256(abi.encode(y));
        vm.assertTrue(models.verifyInference(modelId, inputHash, contentHash, proof));
        vm.assertFalse(models.verifyInference(modelId, contentHash, inputHash, proof));
        vm.assertFalse(models.verifyInference(modelId, sha256("x"), contentHash, proof));
        vm.assertFalse(models.verifyInference(modelId, inputHash, keccak256("y"), proof));
        // Another spelling of the same values (a hole in the encoding) has the same verdict.
        bytes memory inner = packedProof("tag", x, y);
        bytes memory spaced = bytes.concat(
            abi.encode(uint256(4 * 32), uint256(8 * 32), uint256(11 * 32), uint256(99)),
            abi.encode(uint256(2), x[0], x[1], uint256(99)),
            abi.encode(uint256(1), y[0], uint256(99)),
            abi.encode(inner.length),
            inner
        );
        vm.assertTrue(models.verifyInference(modelId, inputHash, contentHash, spaced));
        vm.expectRevert();
        models.verifyInference(modelId, inputHash, contentHash, "not encoded");
    }

    function test_tier_evidence_registers_what_models_prove() public {
        TierEvidence evidence = new TierEvidence(IQuoteVerifier(address(0)), models);
        bytes32 modelId = registerModel("tag", PROOF_PACKED, 2, 1);
        int256[] memory x = list(-5, 7);
        bytes32 inputHash = sha256(abi.encode(x));
        bytes32 contentHash = keccak256(abi.encode(list(3)));
        bytes memory wrong = abi.encode(x, list(3), packedProof("other", x, list(3)));
        vm.expectRevert(
            abi.encodeWithSelector(
                ITierEvidence.ProofRefused.selector, modelId, inputHash, contentHash
            )
        );
        evidence.proveInference(modelId, inputHash, contentHash, wrong);
        vm.assertEq(evidence.provenAt(modelId, inputHash, contentHash), 0);
        bytes memory proof = abi.encode(x, list(3), packedProof("tag", x, list(3)));
        evidence.proveInference(modelId, inputHash, contentHash, proof);
        vm.assertEq(evidence.provenAt(modelId, inputHash, contentHash), block.timestamp);
    }

    function test_rude_verifiers_are_a_no_and_cost_what_was_allowed() public {
        address rude = address(new RudeVerifier());
        bytes32 modelId = models.register(PREFIX, circuitOf(rude, PROOF_PACKED, 2, 1), SUFFIX);
        for (uint8 manner = 0; manner < 7; ++manner) {
            uint256 before = gasleft();
            vm.assertFalse(
                models.verifyValues(modelId, list(1, 2), list(3), abi.encodePacked(manner))
            );
            vm.assertLe(before - gasleft(), ProofCall.VERIFIER_GAS + 100_000);
        }
        vm.assertTrue(models.verifyValues(modelId, list(1, 2), list(3), hex"07"));
    }

    /// @dev What a manifest pins is code. Whoever names code that reads its storage, or that delegates, has
    /// pinned nothing; and still nobody but the author of the manifest can choose it.
    function test_code_alone_is_pinned() public {
        FlagVerifier honest = new FlagVerifier();
        FlagVerifier twin = new FlagVerifier();
        twin.setAnswer(true);
        vm.assertEq(address(honest).codehash, address(twin).codehash);
        ModelCircuit memory circuit = circuitOf(address(twin), PROOF_PACKED, 2, 1);
        bytes32 modelId = models.register(PREFIX, circuit, SUFFIX);
        vm.assertTrue(models.verifyValues(modelId, list(1, 2), list(3), ""));
        ProxyVerifier proxy = new ProxyVerifier(address(new YesVerifier()));
        circuit = circuitOf(address(proxy), PROOF_PACKED, 2, 1);
        vm.assertTrue(models.register(PREFIX, circuit, SUFFIX) != modelId);
    }

    function test_code_that_changes_is_believed_no_longer_and_can_be_replaced() public {
        TaggedVerifier verifier = new TaggedVerifier("tag");
        ModelCircuit memory circuit = circuitOf(address(verifier), PROOF_PACKED, 2, 1);
        bytes32 modelId = models.register(PREFIX, circuit, SUFFIX);
        bytes memory proof = packedProof("tag", list(1, 2), list(3));
        vm.assertTrue(models.verifyValues(modelId, list(1, 2), list(3), proof));
        // Gone (selfdestruct in the transaction that made it), or another one in its place (EIP-7702).
        address there = address(verifier);
        vm.etch(there, "");
        vm.assertFalse(models.verifyValues(modelId, list(1, 2), list(3), proof));
        vm.etch(there, address(new YesVerifier()).code);
        vm.assertFalse(models.verifyValues(modelId, list(1, 2), list(3), proof));
        TaggedVerifier again = new TaggedVerifier("tag");
        circuit.verifier = address(again);
        vm.assertEq(models.register(PREFIX, circuit, SUFFIX), modelId);
        vm.assertTrue(models.verifyValues(modelId, list(1, 2), list(3), proof));
    }

    function test_a_name_and_version_are_the_publisher_s_once_and_for_all() public {
        bytes32 first = registerModel("tag", PROOF_PACKED, 2, 1);
        bytes32 second = registerModel("better", PROOF_PACKED, 2, 1);
        vm.expectEmit(address(models));
        emit IModelProofs.ModelPublished(PUBLISHER, first, keccak256("vol"), "vol", "1.0.0");
        vm.prank(PUBLISHER);
        models.publish("vol", "1.0.0", first);
        vm.expectRevert(
            abi.encodeWithSelector(
                IModelProofs.VersionTaken.selector, PUBLISHER, "vol", "1.0.0", first
            )
        );
        vm.prank(PUBLISHER);
        models.publish("vol", "1.0.0", second);
        vm.prank(PUBLISHER);
        models.publish("vol", "1.1.0", second);
        models.publish("vol", "1.0.0", second); // another publisher's is its own
        vm.assertEq(models.modelOf(PUBLISHER, "vol", "1.0.0"), first);
        vm.assertEq(models.modelOf(PUBLISHER, "vol", "1.1.0"), second);
        vm.assertEq(models.modelOf(PUBLISHER, "vol", "2"), bytes32(0));
        vm.assertEq(models.latestOf(PUBLISHER, "vol"), second);
        vm.assertEq(models.latestOf(PUBLISHER, "other"), bytes32(0));
        vm.assertEq(models.modelOf(address(this), "vol", "1.0.0"), second);
    }

    function test_names_that_look_like_others_and_models_that_nobody_knows_are_refused() public {
        bytes32 modelId = registerModel("tag", PROOF_PACKED, 2, 1);
        string[6] memory names = ["", "Vol", "v ol", "vol\n", unicode"vоl", string(new bytes(65))];
        for (uint256 i = 0; i < names.length; ++i) {
            bytes memory refused =
                abi.encodeWithSelector(IModelProofs.NameRefused.selector, names[i]);
            vm.expectRevert(refused);
            models.publish(names[i], "1", modelId);
            vm.expectRevert(refused);
            models.publish("vol", names[i], modelId);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IModelProofs.NotRegistered.selector, bytes32("unknown"))
        );
        models.publish("vol", "1", "unknown");
    }

    /// @dev The whole way with a verifier of ours: a key, its code's hash in a manifest, a proof.
    function test_a_groth16_verifier_judges_a_model() public {
        openGroth16Vectors();
        Secrets memory secrets = secretsOf(2, 9);
        address verifier = address(deployGroth16(keyOf(secrets)));
        bytes32 modelId = models.register(PREFIX, circuitOf(verifier, PROOF_PACKED, 2, 1), SUFFIX);
        bytes32[] memory elements = new bytes32[](2);
        elements[0] = bytes32((uint256(7 + 2 ** 31) << 32) | uint256(2 ** 31 - 5));
        elements[1] = bytes32(uint256(3 + 2 ** 31));
        bytes memory proof = proofOf(secrets, elements, 12);
        vm.assertTrue(models.verifyValues(modelId, list(-5, 7), list(3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5, 7), list(4), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5, 8), list(3), proof));
        vm.assertFalse(models.verifyValues(modelId, list(-5, 7), list(3), new bytes(256)));
    }

    function _refuse(ModelCircuit memory circuit, bytes memory revertData) private {
        vm.expectRevert(revertData);
        models.register(PREFIX, circuit, SUFFIX);
    }

    function _mismatch(ModelCircuit memory circuit, bytes32 actual)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IModelProofs.CodeMismatch.selector, circuit.verifier, circuit.codeHash, actual
        );
    }

    function _split(int32[] calldata values, uint256 inputs)
        private
        pure
        returns (int256[] memory x, int256[] memory y)
    {
        x = new int256[](inputs);
        y = new int256[](values.length - inputs);
        for (uint256 i = 0; i < values.length; ++i) {
            if (i < inputs) x[i] = values[i];
            else y[i - inputs] = values[i];
        }
    }

    /// @dev At the bar, which stands for the member.
    function _cut(bytes memory text) private pure returns (bytes memory, bytes memory) {
        uint256 bar = 0;
        while (text[bar] != "|") ++bar;
        return (_slice(text, 0, bar), _slice(text, bar + 1, text.length));
    }

    function _slice(bytes memory text, uint256 from, uint256 to)
        private
        pure
        returns (bytes memory part)
    {
        part = new bytes(to - from);
        for (uint256 i = from; i < to; ++i) {
            part[i - from] = text[i];
        }
    }

    function _hex(bytes32 word) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = bytes.concat("0x", new bytes(64));
        for (uint256 i = 0; i < 64; ++i) {
            text[2 + i] = digits[uint8(word[i / 2]) >> (i % 2 == 0 ? 4 : 0) & 15];
        }
        return string(text);
    }
}
