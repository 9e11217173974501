// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelProofs} from "../interfaces/IModelProofs.sol";
import {IEzklVerifier, IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {DevelopmentSetup} from "../libraries/DevelopmentSetup.sol";
import {ManifestText} from "../libraries/ManifestText.sol";
import {ProofCall} from "../libraries/ProofCall.sol";
import {
    ModelCircuit,
    PROOF_EZKL,
    PROOF_PACKED,
    SETUP_DEV_INSECURE
} from "../types/ModelCircuit.sol";

/// @title ModelProofs
/// @notice See `IModelProofs`.
contract ModelProofs is IModelProofs {
    uint256 public constant NAME_LENGTH_MAX = 64;

    /// @dev An int32 becomes a 32-bit number by this; seven of them fit below the field's order.
    int256 private constant OFFSET = 2 ** 31;
    uint256 private constant VALUES_IN_ELEMENT = 7;

    mapping(bytes32 modelId => ModelCircuit) private _circuits;
    mapping(
        address publisher => mapping(bytes32 nameHash => mapping(bytes32 versionHash => bytes32))
    ) private _published;
    mapping(address publisher => mapping(bytes32 nameHash => bytes32)) private _latest;

    /// @inheritdoc IModelProofs
    function register(bytes calldata prefix, ModelCircuit calldata circuit, bytes calldata suffix)
        external
        returns (bytes32 modelId)
    {
        modelId = keccak256(manifestOf(prefix, circuit, suffix));
        if (circuit.setup == SETUP_DEV_INSECURE) DevelopmentSetup.requireDevelopmentChain();
        address known = _circuits[modelId].verifier;
        if (known != address(0) && known.codehash == circuit.codeHash) {
            revert AlreadyRegistered(modelId, known);
        }
        // Accounts without code have a hash as well.
        if (circuit.verifier.code.length == 0 || circuit.verifier.codehash != circuit.codeHash) {
            revert CodeMismatch(circuit.verifier, circuit.codeHash, circuit.verifier.codehash);
        }
        _circuits[modelId] = circuit;
        emit ModelRegistered(modelId, circuit.verifier, circuit.codeHash, circuit.setup);
    }

    /// @inheritdoc IModelProofs
    function publish(string calldata name, string calldata version, bytes32 modelId) external {
        _requireName(name);
        _requireName(version);
        if (_circuits[modelId].verifier == address(0)) revert NotRegistered(modelId);
        bytes32 nameHash = keccak256(bytes(name));
        bytes32 versionHash = keccak256(bytes(version));
        bytes32 taken = _published[msg.sender][nameHash][versionHash];
        if (taken != bytes32(0)) revert VersionTaken(msg.sender, name, version, taken);
        _published[msg.sender][nameHash][versionHash] = modelId;
        _latest[msg.sender][nameHash] = modelId;
        emit ModelPublished(msg.sender, modelId, nameHash, name, version);
    }

    /// @inheritdoc IModelProofs
    function circuitOf(bytes32 modelId) external view returns (ModelCircuit memory) {
        return _circuits[modelId];
    }

    /// @inheritdoc IModelProofs
    function modelOf(address publisher, string calldata name, string calldata version)
        external
        view
        returns (bytes32 modelId)
    {
        return _published[publisher][keccak256(bytes(name))][keccak256(bytes(version))];
    }

    /// @inheritdoc IModelProofs
    function latestOf(address publisher, string calldata name)
        external
        view
        returns (bytes32 modelId)
    {
        return _latest[publisher][keccak256(bytes(name))];
    }

    /// @inheritdoc IModelProofs
    function verifyValues(
        bytes32 modelId,
        int256[] calldata inputs,
        int256[] calldata outputs,
        bytes calldata proof
    ) external view returns (bool) {
        return _holds(modelId, inputs, outputs, proof);
    }

    /// @notice As `verifyValues`, for values that are known by the hashes of a receipt.
    /// @param inputHash sha256(abi.encode(inputs)): what a contributor received.
    /// @param contentHash keccak256(abi.encode(outputs)).
    /// @param proof abi.encode(int256[] inputs, int256[] outputs, bytes proof).
    function verifyInference(
        bytes32 modelId,
        bytes32 inputHash,
        bytes32 contentHash,
        bytes calldata proof
    ) external view returns (bool) {
        (int256[] memory inputs, int256[] memory outputs, bytes memory inner) =
            abi.decode(proof, (int256[], int256[], bytes));
        // Encoded anew: however the proof spelled them, the hashes are of the one spelling.
        return sha256(abi.encode(inputs)) == inputHash
            && keccak256(abi.encode(outputs)) == contentHash
            && _holds(modelId, inputs, outputs, inner);
    }

    /// @inheritdoc IModelProofs
    function manifestOf(bytes calldata prefix, ModelCircuit calldata circuit, bytes calldata suffix)
        public
        pure
        returns (bytes memory)
    {
        if (circuit.kind != PROOF_PACKED && circuit.kind != PROOF_EZKL) {
            revert KindUnknown(circuit.kind);
        }
        if (circuit.inputs == 0 || circuit.outputs == 0) {
            revert ShapeEmpty(circuit.inputs, circuit.outputs);
        }
        if (!ManifestText.isAround(prefix, suffix)) revert ManifestMalformed();
        return bytes.concat(prefix, ManifestText.memberOf(circuit), suffix);
    }

    function _holds(
        bytes32 modelId,
        int256[] memory inputs,
        int256[] memory outputs,
        bytes memory proof
    ) private view returns (bool) {
        ModelCircuit storage circuit = _circuits[modelId];
        address verifier = circuit.verifier;
        if (verifier == address(0)) return false;
        if (inputs.length != circuit.inputs || outputs.length != circuit.outputs) return false;
        if (!_areInt32(inputs) || !_areInt32(outputs)) return false;
        // The account may have other code by now.
        if (verifier.codehash != circuit.codeHash) return false;
        return ProofCall.isConfirmed(
            verifier,
            circuit.kind == PROOF_PACKED
                ? abi.encodeCall(IProofVerifier.verify, (proof, _packed(inputs, outputs)))
                : abi.encodeCall(IEzklVerifier.verifyProof, (proof, _unpacked(inputs, outputs)))
        );
    }

    function _areInt32(int256[] memory values) private pure returns (bool) {
        for (uint256 i = 0; i < values.length; ++i) {
            if (values[i] != int32(values[i])) return false;
        }
        return true;
    }

    function _packed(int256[] memory inputs, int256[] memory outputs)
        private
        pure
        returns (bytes32[] memory elements)
    {
        uint256 inputElements = _elementsFor(inputs);
        elements = new bytes32[](inputElements + _elementsFor(outputs));
        _pack(inputs, elements, 0);
        _pack(outputs, elements, inputElements);
    }

    function _elementsFor(int256[] memory values) private pure returns (uint256) {
        return (values.length + VALUES_IN_ELEMENT - 1) / VALUES_IN_ELEMENT;
    }

    /// @dev The first of seven values lowest; what is left of the last element is zero.
    function _pack(int256[] memory values, bytes32[] memory elements, uint256 first) private pure {
        for (uint256 i = 0; i < values.length; ++i) {
            // Not negative: an int32 and 2^31.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 shifted = uint256(values[i] + OFFSET) << (32 * (i % VALUES_IN_ELEMENT));
            elements[first + i / VALUES_IN_ELEMENT] |= bytes32(shifted);
        }
    }

    function _unpacked(int256[] memory inputs, int256[] memory outputs)
        private
        pure
        returns (uint256[] memory elements)
    {
        elements = new uint256[](inputs.length + outputs.length);
        for (uint256 i = 0; i < elements.length; ++i) {
            int256 value = i < inputs.length ? inputs[i] : outputs[i - inputs.length];
            // The sign was looked at.
            // forge-lint: disable-next-line(unsafe-typecast)
            elements[i] = value < 0 ? Bn254.ORDER - uint256(-value) : uint256(value);
        }
    }

    function _requireName(string calldata name) private pure {
        uint256 length = bytes(name).length;
        if (length == 0 || length > NAME_LENGTH_MAX) revert NameRefused(name);
        // One alphabet: no two names look alike, and none holds what a terminal obeys.
        for (uint256 i = 0; i < length; ++i) {
            bytes1 character = bytes(name)[i];
            bool isLetter = character >= "a" && character <= "z";
            bool isDigit = character >= "0" && character <= "9";
            if (!isLetter && !isDigit && character != "-" && character != "." && character != "_") {
                revert NameRefused(name);
            }
        }
    }
}
