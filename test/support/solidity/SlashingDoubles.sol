// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

/// @notice Accepts a quote that consists of the report data, the key and a term.
contract FixedQuoteVerifier {
    function verifyQuote(bytes32 reportData, address key, bytes calldata quote)
        external
        pure
        returns (uint64 boundUntil)
    {
        (bytes32 quoted, address quotedKey, uint64 until) =
            abi.decode(quote, (bytes32, address, uint64));
        return quoted == reportData && quotedKey == key ? until : 0;
    }
}

/// @notice Accepts a proof that is its statement.
contract TaggedProofVerifier {
    function verifyInference(bytes32 modelId, bytes32 input, bytes32 content, bytes calldata proof)
        external
        pure
        returns (bool)
    {
        return keccak256(proof) == keccak256(abi.encode(modelId, input, content));
    }
}

/// @notice An ERC-1271 wallet of one owner, which lies in slot 0.
contract OwnedWallet {
    address private owner;

    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        return signer == owner ? this.isValidSignature.selector : bytes4(0);
    }
}
