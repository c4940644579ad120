namespace Cloudreve.Functions.Api.Admin.Tools;

/// <summary>The body of a test mail.</summary>
/// <param name="To">The recipient.</param>
/// <param name="Settings">Settings of the dashboard's form by key, stored or not.</param>
internal sealed record SendTestMailRequest(string To, IReadOnlyDictionary<string, string?>? Settings = null);

/// <summary>The body of a test of a program that makes thumbnails.</summary>
/// <param name="Name">The program.</param>
/// <param name="Executable">Its name or path on the machine.</param>
internal sealed record TestProgramRequest(string Name, string Executable);
