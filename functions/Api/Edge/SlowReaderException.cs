namespace Cloudreve.Functions.Api.Edge;

/// <summary>A client takes its answer too slowly; its connection is cut.</summary>
internal sealed class SlowReaderException() : Exception("The answer was read too slowly.");
