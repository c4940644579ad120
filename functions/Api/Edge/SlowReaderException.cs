namespace Cloudreve.Functions.Api.Edge;

/// <summary>A client reads its response too slowly; its connection is aborted.</summary>
internal sealed class SlowReaderException() : Exception("The answer was read too slowly.");
