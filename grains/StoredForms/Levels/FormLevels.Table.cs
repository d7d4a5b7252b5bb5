namespace Orchestrator.Grains.StoredForms.Levels;

// The one place where every field and enum value of the stored forms is given the feature level at which it may be written. A new one is added here, in the group of the highest
// level (tests/Architecture says which is missing). A message may stand in several lines: what they say adds up.
//
// `Name numbers of level 1 | numbers of level 2 | ...`; a message that is new with a level and has no fields ends at its bar.
//
// Level 1 is what the first build that ran as a cluster reads. Level 2 is what came after it, and the quarantine of accounts.
public static partial class FormLevels
{
    private const string Table =
        """
        # journal.proto
        StoredAbsorbed 1-7 | 45; StoredAccount 1-22 | 40 45 55 60 70 75 80 100 110; StoredAccountEvent 1-20 | 30 35-36 45 50 60 65-70 100-101 110
        StoredAccountOpened 1-3; StoredAccountParted | 1-4; StoredAccountRestored | 1-3; StoredAction 1-21 | 30-31 35-36; StoredActionEnded 1-6 | 30
        StoredActionEnded.How 0-5; StoredActionOffered 1-2; StoredActionReturned 1-4; StoredAlike | 1-3; StoredAnswer 1-7 | 110; StoredArrived 1-2
        StoredAsk 1-2; StoredAsked 1-4; StoredAttribute 1-3 | 60; StoredAttributes 1-2 | 60; StoredBind 2-3; StoredBound 1-5; StoredBroughtRole | 1-2
        StoredCare | 1-8; StoredCatalog 1 | 110; StoredCatalogEvent 1 | 110-111; StoredClause 1-3 | 60
        StoredCommand 1-14 | 15 25-31 35 40 45-49 100-102 110-112; StoredConsent 1-5 | 6; StoredContact 1-14 | 60 100; StoredContactAbsorbed 1-2 | 65 130
        StoredContactEvent 1-12 | 50 65 100-101; StoredContactJoined 1-3; StoredContactLeft 1-3; StoredContactLink 1-3; StoredContactOpened 1-2
        StoredContactSignalled 1-2; StoredDeadLetter 1-4; StoredDecided 1-3; StoredDeclined 1-2; StoredDeferred 1-3; StoredDone 1-2; StoredEndReservation 1-2
        StoredEnded 1-2; StoredEntry 1-5; StoredEvent 1-5 | 35; StoredFollow 1-2; StoredForwarded 1-2; StoredFrame 1-7 9 | 8; StoredGrainKey 1-4
        StoredHistoryEvent | 1-2 130-132; StoredIdentifierAdded 1; StoredIdentifierLink 1-2; StoredIdentity 1-5 | 65; StoredIdentityCommand | 1-5 130-133
        StoredIdentityEvent 1-2 | 65-66; StoredIntent | 1-2; StoredLeave | 1-2; StoredMergeBegan | 1-2; StoredMergeInto | 1; StoredMessage 1-3
        StoredMoveIn 1-6 | 35-36 45 75-78 130; StoredMoveOut 1-3 | 75; StoredMoved 1-2; StoredNone 1; StoredNotReserved 1-2; StoredNothing
        StoredOverrides | 1; StoredPart | 1-8; StoredPerson | 1-2; StoredPersonBrought | 1-6; StoredPlayRest 1-2; StoredPlayRested 1-3; StoredPosts | 1-4
        StoredPublish 1-6 | 110-111; StoredPublished 1-7 | 110-111; StoredQuarantine | 1-4; StoredRebind | 1-3; StoredRecord 1-3; StoredRecorded 1-2
        StoredReinstate | 1-5; StoredReinstated | 1-9; StoredReject 1; StoredRejection 1-5 180-181; StoredRejection.Kind 0-13 | 30 65 110-111; StoredRelease |
        StoredReservation 1-8; StoredReservationEnded 1-3; StoredReserve 1-6; StoredReserved 1-2; StoredRested 1-3; StoredRetry 1-3; StoredRole 1-3
        StoredRoleSet 1-3; StoredScore 1-8; StoredScorePost 1-4; StoredSeen 1-4; StoredSettle 1-5 | 30; StoredSettled 1; StoredSettled.Result 0-3
        StoredSignalRecorded 1-9; StoredSlaBreached 1-2; StoredSlot 1-5; StoredSlotEnded 1; StoredStageEntered 1-7; StoredState 1-8 | 35; StoredSums | 1-4
        StoredSuspect | 1-2; StoredTakeBack | 1-4; StoredTakeIn | 1-8 35 130; StoredTally 1-9; StoredTallyPost 1-4; StoredTwinWord | 1-3; StoredUnmerge | 1-9
        StoredUnmerged | 1-7; StoredWake 1; StoredWatermark 1-2; StoredWatermarks 1-4 | 5; StoredWoken 1-3
        # journal_counts.proto
        StoredAccountAchieved | 1-4; StoredAccountBoardEvent | 1-4; StoredAccountBoards | 1-2; StoredBoard | 1-3; StoredBoardAchieved | 1-3
        StoredBoardEvent | 1-5; StoredBoardGoalReached | 1-2; StoredBoardMembership | 1-2; StoredBoardNews | 1-4; StoredBoardOutcome | 1-4
        StoredBoardReached | 1-2; StoredBoardSpread | 1-3; StoredBoardTold | 1-3; StoredBoardWish | 1-4; StoredGoalTally | 1-3
        # journal_customer.proto
        StoredContract | 1-3; StoredCreditReferral | 1-3; StoredCustomer | 1-10; StoredCustomerEvent | 1-12; StoredEvidence | 1-3 60
        StoredExpansionPhaseChanged | 1-3; StoredExpansionTriggered | 1-5; StoredFiredTrigger | 1-2; StoredMilestoneOverdue | 1-3
        StoredMilestoneReached | 1-7; StoredMilestoneRun | 1-4; StoredMilestonesStarted | 1-2; StoredPurchaseHistory | 1-7; StoredPurchased | 1-2
        StoredReachedMilestone | 1-3; StoredReferral | 1-3; StoredReferrer | 1-2; StoredSelfServiceSolved | 1-4; StoredSelfServiceTried | 1-2
        StoredSelfServiceUse | 1-6; StoredSurveyAnswer | 1-5
        # journal_dealings.proto
        StoredAssignedOwner | 1-4; StoredCallAnswered | 1; StoredDeal | 1-11; StoredDealAnswer | 1-8; StoredDealClosed | 1-4; StoredDealFlagged | 1-3
        StoredDealOpened | 1-2; StoredDealUnflagged | 1-2; StoredDealValued | 1-4; StoredDealings | 1-9; StoredDealingsEvent | 1-23
        StoredDealingsJoined | 1-3; StoredDepartmentCalled | 1-2; StoredFeedback | 1-17; StoredFeedbackAnswered | 1-5; StoredFeedbackLate | 1-2
        StoredFullDepartment | 1-3; StoredHandoffReady | 1; StoredHeldClause | 1-3 60; StoredHeldTransition | 1-6; StoredInsight | 1-8
        StoredInsightStale | 1-2; StoredNote | 1-4; StoredPromise | 1-11 150; StoredPromiseDue | 1-2; StoredPromiseSettled | 1-4; StoredQuestionAnswered | 1-2
        StoredReturnedHandoff | 1-6
        # journal_drafts.proto
        StoredDraft | 1-5; StoredDraftDeleted | 1-3; StoredDraftRevision | 1-6; StoredDraftSaved | 1-3; StoredDraftWish | 1-8; StoredDrafted | 1
        # journal_entries.proto
        StoredEntered | 1-7; StoredEntryBook | 1-5; StoredEntryCount | 1-5; StoredEntryDropped | 1-3; StoredEntryEvent | 1-8; StoredEntryJudged | 1-3
        StoredEntryLeft | 1-4; StoredEntryTicked | 1-3; StoredRefusedEntry | 1-4; StoredWaitingEntry | 1-9
        # journal_identity.proto
        StoredAccountHistory | 1-4 130-131; StoredClaim | 1-3; StoredMatchIndex | 1-2; StoredMatched | 1-4; StoredOverride | 1-6; StoredParted | 1-3
        StoredSeek | 1-2
        # journal_in_flight.proto
        StoredAdopt |; StoredFlight | 1-2; StoredFlightAdopted | 1-2; StoredFlightEvent | 1-3; StoredFlightPinned | 1-3; StoredFlightReleased | 1
        # journal_lateness.proto
        StoredChangedDecision | 1-8; StoredCorrect | 1-15 150-157; StoredCorrectedRoom | 1-2; StoredCorrection | 1-9 150; StoredLateCame | 1-2
        StoredLateClause | 1-4; StoredLateConsent | 1-6; StoredLateCorrected | 1-3 150-153; StoredLateDeparture | 1-2; StoredLateHeard | 1-2
        StoredLatePerson | 1-4 150-154; StoredLateRoom | 1-5; StoredLateScore | 1-8; StoredLateSignal | 1-5; StoredLateSought | 1-2; StoredLateness | 1-8
        StoredLatenessEvent | 1-3 150; StoredMissedOutcome | 1-4; StoredRederivedRoom | 1-3; StoredRoomCorrected | 1-5; StoredWouldAsk | 1-6
        # journal_membership.proto
        StoredMemberAsks | 1-3; StoredMemberHeld | 1-2; StoredMemberJoins | 1-3; StoredMemberRefuses | 1-3; StoredMemberSlot | 1-4; StoredMemberWord | 1-6
        StoredMembership | 1-4; StoredMembershipEvent | 1-9; StoredMembershipFact | 1-2; StoredMembershipMessage | 1-9
        # journal_owners.proto
        StoredActionGranted | 1-2; StoredCalled | 1-2; StoredGrant | 1-2; StoredInHand | 1-4; StoredLastGiven | 1-2; StoredOwnerEvent | 1-5 110
        StoredOwnerMoved | 1-2; StoredRefuse | 1-3; StoredReleaseOwner | 1-2; StoredReleased | 1-2; StoredRoom | 1; StoredTake | 1-3 130; StoredTeam | 1-3 110
        StoredWaitingAccount | 1-3
        # journal_requests.proto
        StoredConfirmation | 1-5; StoredCriterionClause | 1-3 60; StoredEscalation | 1-2; StoredHandoff | 1-4; StoredPacketItem | 1-2
        StoredRequest | 1-4 10-12
        # journal_shadow.proto
        StoredShadow | 1-10; StoredShadowAgreement | 1-5; StoredShadowCount | 1-3; StoredShadowExample | 1-5; StoredShadowProgress | 1-18
        StoredShadowSide | 1-6
        # journal_stages.proto
        StoredAwoken | 1-3; StoredExited | 1-3; StoredFirstTouch | 1-3; StoredJourney | 1-7 20; StoredJourneyEvent | 1-7 20; StoredReassignment | 1-3
        StoredRecycled | 1-8; StoredReturned | 1-3; StoredStageEntry | 1-5; StoredStageReason | 1-3
        # journal_standing.proto
        StoredBranch | 1-6; StoredBranchLeft | 1; StoredBranchScore | 1-4; StoredClimb | 1-3; StoredDayActivity | 1-4; StoredDeparture | 1-4
        StoredEngaged | 1-5; StoredFamily | 1-5; StoredFamilyMessage | 1-6; StoredFollowParent | 1-2; StoredJourneyPlace | 1-4; StoredJourneyStep | 1-8
        StoredLikeness | 1-2; StoredMember | 1-2; StoredMemberJudged | 1-3; StoredNamingConfirmed | 1; StoredNamingRefused | 1-2; StoredOfferingMember | 1-2
        StoredOfferingRole | 1-3; StoredOfferingRoleSet | 1-4; StoredOrigin | 1-3; StoredParentConfirmed | 1; StoredParentNamed | 1-2
        StoredParentRefused | 1-2; StoredPersonBack | 1; StoredPersonEvent | 1-3 110; StoredPersonLeft | 1-2; StoredPersonReturned | 1-2
        StoredPersonStanding | 1-2 110; StoredRoleFilled | 1-2; StoredRoleJoined | 1-2; StoredStageCount | 1-2; StoredStanding | 1-8 110 130
        StoredStandingEvent | 1-14 110 130-131; StoredStepClause | 1-4; StoredTwinDismissed | 1-4; StoredTwins | 1-2; StoredTwinsHeard | 1-2
        # journal_support.proto
        StoredIncident | 1-2; StoredSupport | 1-2; StoredSupportEvent | 1-4; StoredTicket | 1-4
        # signals.proto
        Signal 1-9 | 55
        # values.proto
        ContactRef 1-2; Identifier 1-2; Money 1-2; Value 1-7
        """;
}
