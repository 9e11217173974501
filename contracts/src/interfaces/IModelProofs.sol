// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelCircuit} from "../types/ModelCircuit.sol";
import {IInferenceProofVerifier} from "./ITierEvidence.sol";

/// @title IModelProofs
/// @notice Which verifier judges the proofs of which model. A model's manifest names the code of its
/// verifier and the manifest's hash is the `modelId`, so anybody can register the right one and nobody
/// another.
/// @dev A manifest (canonical JSON, `docs/model-manifest.md`) of a provable model has one member, at
/// its top level and in exactly this form:
///
///     "provable":{"codeHash":"0x…","inputs":16,"kind":"packed","outputs":1,"setup":"dev-insecure"}
///
/// `register` is given what stands before and after it, writes it anew and hashes the whole.
///
/// Public inputs of a proof, by kind:
///
/// - packed: each int32 v as v + 2^31 in 32 bits, seven to a field element, the first lowest; the
///   inputs' elements first, then the outputs'. Asked by `IProofVerifier.verify`.
/// - ezkl: a field element for each value, inputs then outputs, a negative v as r − |v|. Asked by
///   `IEzklVerifier.verifyProof`.
///
/// Setup "dev-insecure" (anybody can forge its proofs) registers on chains 31337 and 1337 alone.
///
/// What a model's author names is what its users get: a `codeHash` of code that answers true to
/// everything proves nothing, and code that reads storage or calls what can change is pinned by nothing.
/// Whoever relies on a model looks at that code once.
interface IModelProofs is IInferenceProofVerifier {
    event ModelRegistered(
        bytes32 indexed modelId, address indexed verifier, bytes32 codeHash, bytes32 setup
    );
    /// @notice `publisher` calls this model by that name and version.
    event ModelPublished(
        address indexed publisher,
        bytes32 indexed modelId,
        bytes32 indexed nameHash,
        string name,
        string version
    );

    error KindUnknown(uint8 kind);
    error ShapeEmpty(uint32 inputs, uint32 outputs);
    error CodeMismatch(address verifier, bytes32 expected, bytes32 actual);
    /// @notice `prefix` and `suffix` do not make one JSON object with one such member at its top.
    error ManifestMalformed();
    error AlreadyRegistered(bytes32 modelId, address verifier);
    error NotRegistered(bytes32 modelId);
    error NameRefused(string name);
    error VersionTaken(address publisher, string name, string version, bytes32 modelId);

    /// @notice Registers the verifier of a model. Anyone; again only when its code is gone.
    /// @param prefix The manifest up to the member "provable".
    /// @param suffix What follows it.
    /// @return modelId keccak256 of the manifest.
    function register(bytes calldata prefix, ModelCircuit calldata circuit, bytes calldata suffix)
        external
        returns (bytes32 modelId);

    /// @notice Gives a registered model a name and a version of the sender's, once and for all.
    function publish(string calldata name, string calldata version, bytes32 modelId) external;

    /// @notice What `register` would hash.
    function manifestOf(bytes calldata prefix, ModelCircuit calldata circuit, bytes calldata suffix)
        external
        pure
        returns (bytes memory);

    /// @notice Zeros for a model that nobody registered.
    function circuitOf(bytes32 modelId) external view returns (ModelCircuit memory);

    /// @notice Zero: not published.
    function modelOf(address publisher, string calldata name, string calldata version)
        external
        view
        returns (bytes32 modelId);

    /// @notice What the publisher published last under this name; zero: nothing.
    function latestOf(address publisher, string calldata name)
        external
        view
        returns (bytes32 modelId);

    /// @notice Whether `proof` shows that the model maps `inputs` to `outputs`: what a contract asks
    /// that was handed the values themselves.
    /// @param proof What the model's verifier takes.
    function verifyValues(
        bytes32 modelId,
        int256[] calldata inputs,
        int256[] calldata outputs,
        bytes calldata proof
    ) external view returns (bool);
}
