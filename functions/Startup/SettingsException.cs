namespace Cloudreve.Functions.Startup;

/// <summary>A setting that keeps the process from starting. The message is for the operator and holds no secret.</summary>
internal sealed class SettingsException(string message) : Exception(message);
