using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>
/// The Functions host takes the first function by name that matches a request, and the worker matches a second time by the rules of
/// ASP.NET Core. No function may handle a request of a more literal route, whichever of the two chooses.
/// </summary>
public sealed class RouteChoiceTests(AzuriteServer azurite)
{
    private static readonly IReadOnlyList<HttpFunction> s_functions = new HttpFunctions(typeof(HttpFunction).Assembly).All;

    [Fact]
    public async Task Given_two_functions_with_one_method_when_a_path_matches_both_then_host_and_worker_agree()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await using var worker = new WorkerRouting(s_functions);
        var thefts = new List<string>();
        var pairs = 0;
        foreach (var (first, second, method) in Pairs())
        {
            if (SharedPath(first, second) is not { } path)
                continue;
            pairs++;
            var expected = MostLiteral(method, path).Name;
            var byHost = (await app.Host.Routes.SelectAsync(method, path))?.Function.Name;
            var byWorker = await worker.ChooseAsync(method, path);
            if (byHost != expected || byWorker != expected)
                thefts.Add($"{method} {path}: {expected} is the most literal, the host takes {byHost}, the worker {byWorker}");
        }
        Assert.Empty(thefts);
        Assert.True(pairs >= s_functions.Count, $"only {pairs} pairs have a path in common");
    }

    /// <summary>Every pair, a function with itself included: then the path is simply one of its own.</summary>
    private static IEnumerable<(HttpFunction First, HttpFunction Second, string Method)> Pairs() =>
        from first in s_functions
        from second in s_functions
        where string.CompareOrdinal(first.Name, second.Name) <= 0
        from method in first.Methods.Intersect(second.Methods)
        select (first, second, method);

    /// <summary>A path that both routes match; null when there is none.</summary>
    private static string? SharedPath(HttpFunction first, HttpFunction second)
    {
        var (a, b) = (Segments(first), Segments(second));
        var path = new List<string>();
        for (var i = 0; i < Math.Max(a.Length, b.Length); i++)
        {
            var (left, right) = (At(a, i), At(b, i));
            if (left is null || right is null)
                return null;
            if (!IsParameter(left) && !IsParameter(right) && left != right)
                return null;
            path.Add(!IsParameter(left) ? left : !IsParameter(right) ? right : "x");
        }
        var shared = "/" + string.Join('/', path);
        return Matches(first, shared) && Matches(second, shared) ? shared : null;
    }

    private static string[] Segments(HttpFunction function) => function.Route.Split('/');

    /// <summary>A catch-all stands for any further segment.</summary>
    private static string? At(string[] segments, int index) =>
        index < segments.Length ? segments[index] : segments[^1].StartsWith("{*", StringComparison.Ordinal) ? segments[^1] : null;

    private static bool IsParameter(string segment) => segment.Contains('{', StringComparison.Ordinal);

    private static bool Matches(HttpFunction function, string path) =>
        new TemplateMatcher(TemplateParser.Parse(function.Route), []).TryMatch(path, []);

    private static HttpFunction MostLiteral(string method, string path) =>
        s_functions.Where(f => f.Methods.Contains(method) && Matches(f, path)).MinBy(f => RoutePrecedence.ComputeInbound(TemplateParser.Parse(f.Route)))!;

    /// <summary>Routing as the worker has it: one endpoint for each function, all of the same order.</summary>
    private sealed class WorkerRouting : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly RequestDelegate _pipeline;

        public WorkerRouting(IEnumerable<HttpFunction> functions)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            var routing = new ApplicationBuilder(_app.Services);
            routing.UseRouting();
            routing.UseEndpoints(endpoints => endpoints.DataSources.Add(new DefaultEndpointDataSource(functions.Select(Endpoint))));
            _pipeline = routing.Build();
        }

        public async Task<string?> ChooseAsync(string method, string path)
        {
            await using var scope = _app.Services.CreateAsyncScope();
            var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            http.Request.Method = method;
            http.Request.Path = path;
            await _pipeline(http);
            return http.Items["chosen"] as string;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private static Endpoint Endpoint(HttpFunction function)
        {
            var builder = new RouteEndpointBuilder(
                http =>
                {
                    http.Items["chosen"] = function.Name;
                    return Task.CompletedTask;
                },
                RoutePatternFactory.Parse("/" + function.Route),
                order: 0);
            builder.Metadata.Add(new HttpMethodMetadata(function.Methods));
            return builder.Build();
        }
    }
}
