// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../../src/interfaces/IGroth16Verifier.sol";
import {ModelProofs} from "../../src/proofs/ModelProofs.sol";
import {ModelCircuit, PROOF_PACKED} from "../../src/types/ModelCircuit.sol";
import {UsageStatement} from "../../src/types/UsageStatement.sol";
import {Groth16Fixture} from "../support/Groth16Fixture.sol";
import {ModelFixture} from "../support/ModelFixture.sol";
import {UsageFixture} from "../support/UsageFixture.sol";
import {vm} from "../support/Vm.sol";
import {GasCeilings} from "./GasCeilings.t.sol";

/// @notice What judging proofs costs, as whole transactions, with inputs that fill their words. The verifier
/// that snarkjs generates for one circuit takes 680 less for the same proof of two inputs (221,063): its
/// calldata has no lengths.
/// forge-config: default.isolate = true
contract ProofsGasTest is GasCeilings, Groth16Fixture {
    function setUp() public {
        openGroth16Vectors();
    }

    function test_groth16_of_1_input() public {
        _verify(1, "groth16, 1 public input", 217_000);
    }

    function test_groth16_of_4_inputs() public {
        _verify(4, "groth16, 4 public inputs", 238_000);
    }

    function test_groth16_of_6_inputs() public {
        _verify(6, "groth16, 6 public inputs", 252_000);
    }

    function test_groth16_of_18_inputs() public {
        _verify(18, "groth16, 18 public inputs", 337_000);
    }

    function test_groth16_of_66_inputs() public {
        _verify(66, "groth16, 66 public inputs", 676_000);
    }

    function _verify(uint256 count, string memory name, uint256 ceiling) private {
        Secrets memory secrets = secretsOf(count, 1);
        bytes32[] memory inputs = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            inputs[i] = bytes32(uint256(keccak256(abi.encode(i))) >> 3);
        }
        IGroth16Verifier verifier = deployGroth16(keyOf(secrets));
        bytes memory result = transact(
            address(verifier),
            abi.encodeCall(verifier.verify, (proofOf(secrets, inputs, 11), inputs))
        );
        assertGas(name, ceiling);
        vm.assertTrue(abi.decode(result, (bool)));
    }
}

/// @notice What stands around a verifier, with verifiers that cost next to nothing.
/// forge-config: default.isolate = true
contract ProofContractsGasTest is GasCeilings, ModelFixture, UsageFixture {
    bytes private constant LONG =
        unicode'{"id":"volatility","notes":"eight hundred bytes, as the manifests of models/ have them: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",';

    function test_a_model_is_registered_and_judged() public {
        models = new ModelProofs();
        bytes32 known = registerModel("known", PROOF_PACKED, 16, 1);
        ModelCircuit memory circuit =
            circuitOf(models.circuitOf(known).verifier, PROOF_PACKED, 16, 1);
        bytes32 modelId = models.register(LONG, circuit, SUFFIX);
        assertGas("model, register", 330_000);
        int256[] memory inputs = new int256[](16);
        int256[] memory outputs = list(-3);
        bytes memory proof = abi.encode(inputs, outputs, packedProof("known", inputs, outputs));
        bytes memory result = transact(
            address(models),
            abi.encodeCall(
                models.verifyInference,
                (modelId, sha256(abi.encode(inputs)), keccak256(abi.encode(outputs)), proof)
            )
        );
        assertGas("model, 16 values judged but for the proof", 70_000);
        vm.assertTrue(abi.decode(result, (bool)));
    }

    function test_usage_is_put_on_record() public {
        setUpUsage();
        UsageStatement memory statement = statementOf(1, 18);
        proveUsage(statement);
        assertGas("usage, recorded but for the proof", 260_000);
        vm.assertEq(usage.rangeOf(gateway, CHANNEL, 1, 19).total, 180);
    }
}
