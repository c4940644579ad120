namespace Cloudreve.Functions.Api.Edge;

/// <summary>An HTTP function that lacks a declaration; it keeps the app from starting. The message names the function.</summary>
internal sealed class FunctionDeclarationException(string message) : Exception(message);
