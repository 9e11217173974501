// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../../src/interfaces/IGroth16Verifier.sol";
import {Groth16Fixture} from "../support/Groth16Fixture.sol";
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
