// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../types/ChannelConfig.sol";

/// @title IDepositCollector
/// @notice Brings a payer's tokens to the settlement contract that calls it.
/// @dev A collector must move tokens only with a signature of `config.payer` that binds the
/// channel's id under the calling contract. One that spends a plain allowance would let anyone put
/// the payer's money into a channel with a `payerAuthorizer` of his own.
interface IDepositCollector {
    /// @notice Sends exactly `amount` of `config.token` from `config.payer` to the caller.
    /// @param amount Atomic units of `config.token`.
    /// @param collectorData What the collector needs to prove the payer's consent.
    function collect(ChannelConfig calldata config, uint128 amount, bytes calldata collectorData)
        external;
}
