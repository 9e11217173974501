// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../../src/interfaces/IGroth16Verifier.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {DevelopmentSetup} from "../../src/libraries/DevelopmentSetup.sol";
import {Groth16Runtime} from "../../src/proofs/Groth16Runtime.sol";
import {Groth16Verifier} from "../../src/proofs/Groth16Verifier.sol";
import {Groth16Fixture} from "../support/Groth16Fixture.sol";
import {vm} from "../support/Vm.sol";

contract Groth16VerifierTest is Groth16Fixture {
    uint256 private constant ALPHA = 0;
    uint256 private constant BETA_AT = 2;
    uint256 private constant GAMMA_AT = 6;
    uint256 private constant DELTA_AT = 10;
    uint256 private constant FIRST_IC = 14;

    uint256 private _vectors;

    function setUp() public {
        _vectors = openGroth16Vectors();
    }

    function test_every_vector_is_judged_as_off_chain() public {
        uint256 held = 0;
        for (uint256 i = 0; i < _vectors; ++i) {
            string memory place = path(".simulated", i);
            IGroth16Verifier verifier = deployGroth16(readBytes(place, ".verificationKey"));
            bool holds =
                _holds(verifier, readBytes(place, ".proof"), readWords(place, ".publicInputs"));
            vm.assertTrue(holds == readBool(place, ".holds"), readString(place, ".name"));
            if (holds) ++held;
        }
        vm.assertEq(held, 3);
    }

    function test_a_prover_s_proof_holds_for_its_inputs_alone() public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        bytes memory proof = readBytes(".proven", ".proof");
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        vm.assertTrue(verifier.verify(proof, inputs));
        for (uint256 i = 0; i < inputs.length; ++i) {
            bytes32 right = inputs[i];
            inputs[i] = bytes32(uint256(right) + 1);
            vm.assertFalse(verifier.verify(proof, inputs));
            inputs[i] = right;
        }
        vm.assertTrue(verifier.verify(proof, inputs));
    }

    function test_an_input_in_a_second_spelling_is_refused() public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        inputs[0] = bytes32(uint256(inputs[0]) + Bn254.ORDER);
        vm.assertFalse(verifier.verify(readBytes(".proven", ".proof"), inputs));
    }

    function test_words_of_a_proof_that_are_no_points_revert() public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        bytes memory proof = readBytes(".proven", ".proof");
        for (uint256 word = 0; word < 8; ++word) {
            bytes memory changed = bytes.concat(proof);
            _setWord(changed, word, _wordOf(proof, word) ^ 1);
            // A precompile that refuses takes all the gas that it is given.
            vm.expectRevert(IGroth16Verifier.PrecompileFailed.selector);
            verifier.verify{gas: 1_000_000}(changed, inputs);
            // The same point, spelled beyond the modulus: the y of A is compared here, not by a precompile.
            _setWord(changed, word, _wordOf(proof, word) + Bn254.MODULUS);
            vm.assertFalse(_holds(verifier, changed, inputs));
        }
    }

    function test_no_point_of_a_proof_is_infinity() public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        bytes memory proof = readBytes(".proven", ".proof");
        uint8[4] memory begins = [0, 2, 6, 8];
        for (uint256 point = 0; point < 3; ++point) {
            bytes memory changed = bytes.concat(proof);
            for (uint256 word = begins[point]; word < begins[point + 1]; ++word) {
                _setWord(changed, word, 0);
            }
            vm.assertFalse(_holds(verifier, changed, inputs));
        }
    }

    /// @dev The trap of verifiers that answer false where gas ran out: an estimate of gas then finds a
    /// limit at which a good proof fails and nothing reverts.
    function test_no_amount_of_gas_makes_a_good_proof_false() public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        bytes memory call =
            abi.encodeCall(verifier.verify, (readBytes(".proven", ".proof"), inputs));
        uint256 reverted = 0;
        uint256 held = 0;
        for (uint256 gasLimit = 2_000; gasLimit < 240_000; gasLimit += 1_000) {
            (bool success, bytes memory answer) = address(verifier).staticcall{gas: gasLimit}(call);
            if (!success) {
                ++reverted;
            } else {
                vm.assertTrue(abi.decode(answer, (bool)));
                ++held;
            }
        }
        vm.assertGt(reverted, 100);
        vm.assertGt(held, 10);
    }

    function testFuzz_any_key_and_any_inputs(uint256 seed, uint256 a, uint8 count, uint256 which)
        public
    {
        uint256 inputsCount = uint256(count) % 12;
        Secrets memory secrets = secretsOf(inputsCount, seed);
        bytes32[] memory inputs = _inputsOf(seed, inputsCount);
        IGroth16Verifier verifier = deployGroth16(keyOf(secrets));
        bytes memory proof = proofOf(secrets, inputs, 1 + a % (Bn254.ORDER - 1));
        vm.assertTrue(verifier.verify(proof, inputs));

        if (inputsCount == 0) return;
        uint256 changed = which % inputsCount;
        inputs[changed] = bytes32(addmod(uint256(inputs[changed]), 1 + a % 1e18, Bn254.ORDER));
        vm.assertFalse(verifier.verify(proof, inputs));
    }

    function testFuzz_another_key_takes_no_proof_of_this_one(uint256 seed) public {
        Secrets memory secrets = secretsOf(2, seed);
        bytes32[] memory inputs = _inputsOf(seed, 2);
        bytes memory proof = proofOf(secrets, inputs, 77);
        vm.assertTrue(deployGroth16(keyOf(secrets)).verify(proof, inputs));
        Secrets memory others = secretsOf(2, uint256(keccak256(abi.encode(seed))));
        vm.assertFalse(deployGroth16(keyOf(others)).verify(proof, inputs));
    }

    function testFuzz_no_bytes_are_taken_for_a_proof(bytes calldata noise, uint256 seed) public {
        IGroth16Verifier verifier = deployGroth16(readBytes(".proven", ".verificationKey"));
        vm.assertFalse(_holds(verifier, noise, _inputsOf(seed, 2)));
        bytes memory proof = new bytes(256);
        for (uint256 word = 0; word < 8; ++word) {
            _setWord(proof, word, uint256(keccak256(abi.encode(seed, word))) % Bn254.MODULUS);
        }
        vm.assertFalse(_holds(verifier, proof, _inputsOf(seed, 2)));
    }

    function test_what_stands_on_chain_is_the_code_and_the_key() public {
        bytes memory key = readBytes(".proven", ".verificationKey");
        IGroth16Verifier verifier = deployGroth16(key);
        vm.assertEq(verifier.verificationKey(), key);
        vm.assertEq(verifier.vkHash(), keccak256(key));
        vm.assertEq(
            address(verifier).codehash,
            keccak256(abi.encodePacked(type(Groth16Runtime).runtimeCode, key, uint256(2)))
        );
        vm.assertEq(address(deployGroth16(key)).codehash, address(verifier).codehash);
    }

    function test_the_runtime_without_a_key_holds_nothing() public {
        Groth16Runtime bare = new Groth16Runtime();
        for (uint256 inputs = 0; inputs < 4; ++inputs) {
            vm.assertFalse(_holds(bare, new bytes(256), new bytes32[](inputs)));
        }
    }

    function test_a_development_key_stays_on_development_chains() public {
        bytes memory key = readBytes(".proven", ".verificationKey");
        IGroth16Verifier verifier = deployGroth16(key);
        bytes memory proof = readBytes(".proven", ".proof");
        bytes32[] memory inputs = readWords(".proven", ".publicInputs");
        vm.chainId(1337);
        vm.assertTrue(verifier.verify(proof, inputs));
        deployGroth16(key);
        vm.chainId(8453);
        bytes memory refused =
            abi.encodeWithSelector(DevelopmentSetup.SetupInsecure.selector, uint256(8453));
        vm.expectRevert(refused);
        deployGroth16(key);
        // Put there past the constructor, it still answers nobody.
        vm.expectRevert(refused);
        verifier.verify(proof, inputs);
        // A key of another ceremony is at home anywhere.
        Secrets memory secrets = secretsOf(2, 1);
        vm.assertTrue(deployGroth16(keyOf(secrets)).verify(proofOf(secrets, inputs, 5), inputs));
    }

    function test_a_key_that_nobody_contributed_to_is_refused() public {
        bytes memory key = readBytes(".proven", ".uncontributedKey");
        _refuse(
            key, abi.encodeWithSelector(Groth16Verifier.PointsRelated.selector, GAMMA_AT, DELTA_AT)
        );
    }

    /// @dev What such a key would have let through: with gamma = delta anybody writes a proof of anything.
    function test_why_gamma_must_not_be_delta() public {
        bytes memory key = readBytes(".proven", ".uncontributedKey");
        bytes memory code = abi.encodePacked(type(Groth16Runtime).runtimeCode, key, uint256(2));
        vm.etch(address(0xBAD), code);
        bytes32[] memory inputs = new bytes32[](2);
        inputs[0] = bytes32(uint256(123_456_789)); // never priced by anybody
        inputs[1] = bytes32(uint256(1));
        // A = alpha, B = beta, C = −(IC₀ + Σ input·IC).
        bytes memory sum = _pointAt(key, FIRST_IC);
        for (uint256 i = 0; i < 2; ++i) {
            (, bytes memory product) =
                address(7).staticcall(bytes.concat(_pointAt(key, FIRST_IC + 2 + 2 * i), inputs[i]));
            (, sum) = address(6).staticcall(bytes.concat(sum, product));
        }
        (uint256 x, uint256 y) = abi.decode(sum, (uint256, uint256));
        bytes memory proof = new bytes(256);
        for (uint256 word = 0; word < 6; ++word) {
            _setWord(proof, word, _wordOf(key, word));
        }
        _setWord(proof, 6, x);
        _setWord(proof, 7, Bn254.MODULUS - y);
        vm.assertTrue(IGroth16Verifier(address(0xBAD)).verify(proof, inputs));
    }

    function test_keys_with_a_dummy_in_them_are_refused() public {
        bytes memory key = keyOf(secretsOf(2, 3));
        // No key at all, all zeros, cut, and with half a point more.
        _refuse("", abi.encodeWithSelector(Groth16Verifier.KeyLengthWrong.selector, 0));
        _refuse(new bytes(512), _invalid(ALPHA));
        _refuse(
            _cut(key, 448), abi.encodeWithSelector(Groth16Verifier.KeyLengthWrong.selector, 448)
        );
        _refuse(
            bytes.concat(key, new bytes(32)),
            abi.encodeWithSelector(Groth16Verifier.KeyLengthWrong.selector, key.length + 32)
        );
        _refuse(
            bytes.concat(key, new bytes(1)),
            abi.encodeWithSelector(Groth16Verifier.KeyLengthWrong.selector, key.length + 1)
        );
        // Every point: at infinity, off the curve, spelled beyond the modulus.
        uint8[7] memory begins = [0, 2, 6, 10, 14, 16, 18];
        for (uint256 i = 0; i < begins.length; ++i) {
            uint256 length = i > 0 && i < 4 ? 4 : 2;
            bytes memory changed = bytes.concat(key);
            for (uint256 word = 0; word < length; ++word) {
                _setWord(changed, begins[i] + word, 0);
            }
            _refuse(changed, _invalid(begins[i]));
            changed = bytes.concat(key);
            uint256 last = begins[i] + length - 1;
            _setWord(changed, last, _wordOf(key, last) ^ 1);
            _refuse(changed, _invalid(begins[i]));
            _setWord(changed, last, _wordOf(key, last) + Bn254.MODULUS);
            _refuse(changed, _invalid(begins[i]));
        }
    }

    function test_keys_with_related_points_are_refused() public {
        bytes memory key = keyOf(secretsOf(2, 3));
        uint8[3] memory begins = [uint8(BETA_AT), uint8(GAMMA_AT), uint8(DELTA_AT)];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                bytes memory changed = bytes.concat(key);
                for (uint256 word = 0; word < 4; ++word) {
                    _setWord(changed, begins[j] + word, _wordOf(key, begins[i] + word));
                }
                _refuse(changed, _related(begins[i], begins[j]));
                // Negated: both parts of y.
                for (uint256 word = 2; word < 4; ++word) {
                    uint256 y = _wordOf(changed, begins[j] + word);
                    _setWord(changed, begins[j] + word, Bn254.MODULUS - y);
                }
                _refuse(changed, _related(begins[i], begins[j]));
            }
        }
        bytes memory same = bytes.concat(key);
        _setWord(same, 18, _wordOf(key, 16));
        _setWord(same, 19, _wordOf(key, 17));
        _refuse(same, _related(16, 18));
        _setWord(same, 19, Bn254.MODULUS - _wordOf(key, 17));
        _refuse(same, _related(16, 18));
    }

    function test_generators_are_refused_where_a_secret_belongs() public {
        bytes memory key = keyOf(secretsOf(1, 3));
        bytes memory proven = readBytes(".proven", ".verificationKey");
        bytes memory changed = bytes.concat(key);
        _setWord(changed, 0, 1);
        _setWord(changed, 1, 2);
        _refuse(changed, abi.encodeWithSelector(Groth16Verifier.PointIsGenerator.selector, 0));
        // snarkjs leaves gamma at the generator: taken there, refused for beta and delta.
        for (uint256 place = BETA_AT; place <= DELTA_AT; place += 4) {
            changed = bytes.concat(key);
            for (uint256 word = 0; word < 4; ++word) {
                _setWord(changed, place + word, _wordOf(proven, GAMMA_AT + word));
            }
            if (place == GAMMA_AT) {
                deployGroth16(changed);
            } else {
                _refuse(
                    changed,
                    abi.encodeWithSelector(Groth16Verifier.PointIsGenerator.selector, place)
                );
            }
        }
    }

    function deploy(bytes calldata key) external {
        deployGroth16(key);
    }

    function _refuse(bytes memory key, bytes memory revertData) private {
        vm.expectRevert(revertData);
        this.deploy(key);
    }

    function _invalid(uint256 place) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Groth16Verifier.PointInvalid.selector, place);
    }

    function _related(uint256 first, uint256 second) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Groth16Verifier.PointsRelated.selector, first, second);
    }

    /// @dev A revert is a "no", too.
    function _holds(IGroth16Verifier verifier, bytes memory proof, bytes32[] memory inputs)
        private
        view
        returns (bool)
    {
        try verifier.verify{gas: 1_000_000}(proof, inputs) returns (bool holds) {
            return holds;
        } catch {
            return false;
        }
    }

    function _inputsOf(uint256 seed, uint256 count) private pure returns (bytes32[] memory inputs) {
        inputs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            inputs[i] = bytes32(uint256(keccak256(abi.encode("input", seed, i))) % Bn254.ORDER);
        }
    }

    function _pointAt(bytes memory data, uint256 word) private pure returns (bytes memory) {
        return abi.encode(_wordOf(data, word), _wordOf(data, word + 1));
    }

    function _wordOf(bytes memory data, uint256 word) private pure returns (uint256 value) {
        assembly {
            value := mload(add(add(data, 0x20), mul(word, 0x20)))
        }
    }

    function _setWord(bytes memory data, uint256 word, uint256 value) private pure {
        assembly {
            mstore(add(add(data, 0x20), mul(word, 0x20)), value)
        }
    }

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory cut) {
        cut = bytes.concat(data);
        assembly {
            mstore(cut, length)
        }
    }
}
