// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt} from "../../src/types/Receipt.sol";
import {Work} from "../../src/types/Work.sol";
import {VectorReader} from "./VectorReader.sol";

/// @notice Reads receipts and works from a vector file.
abstract contract ReceiptReader is VectorReader {
    function readReceipt(string memory place) internal view returns (Receipt memory receipt) {
        receipt.work = readWork(string.concat(place, ".work"));
        receipt.receiptId = readWord(place, ".receiptId");
        receipt.gatewaySeq = uint64(readUint(place, ".gatewaySeq"));
        receipt.client = readAddress(place, ".client");
        receipt.requestHash = readWord(place, ".requestHash");
        receipt.responseHash = readWord(place, ".responseHash");
        receipt.channelId = readWord(place, ".channelId");
        receipt.channelSeq = uint64(readUint(place, ".channelSeq"));
        receipt.cost = uint128(readUint(place, ".cost"));
        receipt.cumulative = uint128(readUint(place, ".cumulative"));
        receipt.priceHash = readWord(place, ".priceHash");
        receipt.prevReceipt = readWord(place, ".prevReceipt");
        receipt.tiers = uint16(readUint(place, ".tiers"));
        receipt.evidenceHash = readWord(place, ".evidenceHash");
        receipt.anchorBy = uint64(readUint(place, ".anchorBy"));
    }

    function readWork(string memory place) internal view returns (Work memory work) {
        work.jobId = readWord(place, ".jobId");
        work.gateway = readAddress(place, ".gateway");
        work.contributor = readAddress(place, ".contributor");
        work.modelId = readWord(place, ".modelId");
        work.inputHash = readWord(place, ".inputHash");
        work.outputHash = readWord(place, ".outputHash");
        work.contentHash = readWord(place, ".contentHash");
        work.streamRoot = readWord(place, ".streamRoot");
        work.promptTokens = uint32(readUint(place, ".promptTokens"));
        work.cachedPromptTokens = uint32(readUint(place, ".cachedPromptTokens"));
        work.completionTokens = uint32(readUint(place, ".completionTokens"));
        work.commitment = readWord(place, ".commitment");
        work.startedAt = uint64(readUint(place, ".startedAt"));
        work.finishedAt = uint64(readUint(place, ".finishedAt"));
        work.status = uint8(readUint(place, ".status"));
    }
}
