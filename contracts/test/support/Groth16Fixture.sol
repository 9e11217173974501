// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../../src/interfaces/IGroth16Verifier.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {Groth16Verifier} from "../../src/proofs/Groth16Verifier.sol";
import {VectorReader} from "./VectorReader.sol";
import {vm} from "./Vm.sol";

/// @notice Keys whose secrets are known, of any size, and proofs made from the secrets: they hold by the
/// same equation as a prover's own.
abstract contract Groth16Fixture is VectorReader {
    /// @dev Scalars whose points of G2 stand in test/vectors/groth16.json.
    uint256 internal constant BETA = 1009;
    uint256 internal constant GAMMA = 2003;
    uint256 internal constant DELTA = 3001;
    uint256 internal constant B = 4001;

    struct Secrets {
        uint256 alpha;
        /// @dev Of the constant, then of each input.
        uint256[] inputs;
    }

    function openGroth16Vectors() internal returns (uint256 count) {
        return open("../test/vectors/groth16.json", ".simulated");
    }

    function deployGroth16(bytes memory key) internal returns (IGroth16Verifier) {
        return IGroth16Verifier(address(new Groth16Verifier(key)));
    }

    function secretsOf(uint256 inputs, uint256 seed)
        internal
        pure
        returns (Secrets memory secrets)
    {
        secrets.alpha = _scalar(seed, "alpha");
        secrets.inputs = new uint256[](inputs + 1);
        for (uint256 i = 0; i <= inputs; ++i) {
            secrets.inputs[i] = _scalar(seed, bytes32(i));
        }
    }

    function keyOf(Secrets memory secrets) internal view returns (bytes memory key) {
        key = abi.encodePacked(g1(secrets.alpha), g2(".g2.beta"), g2(".g2.gamma"), g2(".g2.delta"));
        for (uint256 i = 0; i < secrets.inputs.length; ++i) {
            key = bytes.concat(key, g1(secrets.inputs[i]));
        }
    }

    /// @param a What a prover would blind with.
    function proofOf(Secrets memory secrets, bytes32[] memory publicInputs, uint256 a)
        internal
        view
        returns (bytes memory)
    {
        uint256 order = Bn254.ORDER;
        uint256 sum = secrets.inputs[0];
        for (uint256 i = 0; i < publicInputs.length; ++i) {
            sum = addmod(sum, mulmod(uint256(publicInputs[i]), secrets.inputs[i + 1], order), order);
        }
        uint256 owed = addmod(mulmod(secrets.alpha, BETA, order), mulmod(sum, GAMMA, order), order);
        uint256 c = addmod(mulmod(a, B, order), order - owed, order);
        c = mulmod(c, _inverse(DELTA), order);
        return bytes.concat(g1(a), g2(".g2.b"), g1(c));
    }

    function g1(uint256 scalar) internal view returns (bytes memory point) {
        bool success;
        (success, point) = address(7).staticcall(abi.encode(1, 2, scalar));
        vm.assertTrue(success);
    }

    function g2(string memory place) internal view returns (bytes memory) {
        return readBytes(place, ".words");
    }

    function _scalar(uint256 seed, bytes32 name) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, name))) % Bn254.ORDER;
    }

    function _inverse(uint256 value) private view returns (uint256) {
        (bool success, bytes memory result) =
            address(5).staticcall(abi.encode(32, 32, 32, value, Bn254.ORDER - 2, Bn254.ORDER));
        vm.assertTrue(success);
        return abi.decode(result, (uint256));
    }
}
