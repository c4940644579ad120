namespace Cloudreve.Testing.Contract;

/// <summary>A message departs from the contract. It fails the test that caused the message.</summary>
/// <param name="report">What was sent and answered, and each departure.</param>
public sealed class ContractViolationException(string report) : Exception(report);
