namespace Cloudreve.Testing.Contract;

/// <summary>A message violates the contract. It fails the test that caused the message.</summary>
/// <param name="report">The request and response, and each violation.</param>
public sealed class ContractViolationException(string report) : Exception(report);
