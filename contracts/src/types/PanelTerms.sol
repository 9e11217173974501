// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IReceiptVerifier} from "../interfaces/IReceiptVerifier.sol";

/// @notice The terms of a re-execution panel, fixed when it is deployed. Bonds in atomic units of the
/// contributors' asset.
struct PanelTerms {
    IOperatorRegistry contributors;
    IReceiptAnchor receiptAnchor;
    IReceiptVerifier verifier;
    uint96 memberBond;
    uint96 accuserBond;
    /// @dev Taken from a member that is drawn and does not vote.
    uint96 silenceFine;
    /// @dev Of the accused's stake, in hundredths of a percent; at most `MAX_SLASH_BPS`.
    uint16 slashBps;
}
