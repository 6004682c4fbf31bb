import { defineSearchAttributeKey } from '@temporalio/common';

/** Registered by the control worker before it takes work; people filter the Temporal UI by them. */
export const SYSTEM = defineSearchAttributeKey('KeelsonSystem', 'KEYWORD');
export const CLUSTER = defineSearchAttributeKey('KeelsonCluster', 'KEYWORD');
export const PHASE = defineSearchAttributeKey('KeelsonPhase', 'KEYWORD');
export const BLOCKED_NODES = defineSearchAttributeKey('KeelsonBlockedNodes', 'KEYWORD_LIST');
