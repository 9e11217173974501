// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../types/ChannelConfig.sol";
import {TypedData} from "./TypedData.sol";

/// @title ChannelDomain
/// @notice The EIP-712 domain of x402 batch-settlement and the channel ids under it.
library ChannelDomain {
    bytes32 internal constant NAME_HASH = keccak256("x402 Batch Settlement");

    /// @param settlement The contract that holds the channels.
    function separator(address settlement) internal view returns (bytes32) {
        return TypedData.domainSeparator(NAME_HASH, settlement);
    }

    /// @notice The channel's id: it binds the whole config to one chain and one contract.
    function channelId(ChannelConfig memory config, address settlement)
        internal
        view
        returns (bytes32)
    {
        return TypedData.digest(separator(settlement), config.hashStruct());
    }
}
