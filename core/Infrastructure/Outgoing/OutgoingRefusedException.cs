namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>A host that the app does not call, since it resolves to a non-public address that the operator does not allow.</summary>
/// <param name="message">The host and the address.</param>
internal sealed class OutgoingRefusedException(string message) : Exception(message);
