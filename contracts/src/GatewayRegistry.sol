// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorRegistry} from "./OperatorRegistry.sol";
import {RegistryTerms} from "./types/RegistryTerms.sol";

/// @title GatewayRegistry
/// @notice The gateways: their bonds, their receipt-signing keys, the prices they charge.
/// @dev Its own deployment beside the ContributorRegistry, with its own minimum and insurance, so
/// that one address can be a gateway and a contributor with separate stakes.
contract GatewayRegistry is OperatorRegistry {
    constructor(RegistryTerms memory terms) OperatorRegistry(terms) {}
}
