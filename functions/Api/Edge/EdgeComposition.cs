using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Adds the edge in front of every HTTP function.</summary>
internal static class EdgeComposition
{
    /// <summary>Adds the middleware in the order in which a request passes it.</summary>
    /// <exception cref="FunctionDeclarationException">A function lacks a declaration.</exception>
    public static void UseHttpEdge(this FunctionsApplicationBuilder builder)
    {
        // Tests bring functions of their own.
        builder.Services.TryAddSingleton(new HttpFunctions(typeof(EdgeComposition).Assembly));
        builder.UseWhen<AnswerHeaders>(IsHttp);
        builder.UseWhen<ErrorBoundary>(IsHttp);
        builder.UseWhen<BodyLimits>(IsHttp);
        builder.UseWhen<Authorization>(IsHttp);
        builder.UseWhen<ClientCharges>(IsHttp);
        builder.UseWhen<ResultExecution>(IsHttp);
    }

    private static bool IsHttp(FunctionContext context) => context.GetHttpContext() is not null;
}
