// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The identity of a payment channel: its EIP-712 hash is the channel's id.
/// @dev Members and their order are those of x402 batch-settlement; none of them can change while
/// the channel lives.
struct ChannelConfig {
    /// @dev Owns the escrow: deposits come from here and every refund or withdrawal returns here.
    address payer;
    /// @dev Signs vouchers (ECDSA only). Zero: the payer signs them itself, ERC-1271 allowed.
    address payerAuthorizer;
    /// @dev Is paid by `settle`.
    address receiver;
    /// @dev Approves claims and refunds by signature (EOA or ERC-1271). Never zero.
    address receiverAuthorizer;
    address token;
    /// @dev Seconds between `initiateWithdraw` and `finalizeWithdraw`; 40 bits as in x402.
    uint40 withdrawDelay;
    /// @dev Tells apart channels that agree in everything else.
    bytes32 salt;
}

using {hashStruct} for ChannelConfig global;

bytes32 constant CHANNEL_CONFIG_TYPEHASH = keccak256(
    "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
);

function hashStruct(ChannelConfig memory self) pure returns (bytes32) {
    return keccak256(abi.encode(CHANNEL_CONFIG_TYPEHASH, self));
}
