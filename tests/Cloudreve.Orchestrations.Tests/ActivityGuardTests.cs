using System.Reflection;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.Orchestrations.Tests;

public sealed class ActivityGuardTests
{
    private readonly RecordedLog _log = new();

    public static TheoryData<Exception> Passing =>
        [new StorageUnavailableException("x"), new StorageChangedException("x"), new OperationCanceledException(), new TimeoutException(), new IOException()];

    public static TheoryData<Exception> Lasting =>
        [new StorageUnreadableException("x"), new InvalidOperationException(), new KeyNotFoundException(), new FormatException()];

    [Fact]
    public async Task Given_a_body_that_succeeds_when_it_is_guarded_then_its_result_comes_and_nothing_is_logged()
    {
        Assert.Equal(7, await RunAsync(() => Task.FromResult(7)));
        Assert.Empty(_log.Lines);
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Given_a_failure_that_time_may_fix_when_it_is_guarded_then_it_is_logged_and_stays_as_it_is(Exception failure)
    {
        Assert.Same(failure, await Record.ExceptionAsync(() => RunAsync(() => throw failure)));
        Assert.Contains("Activity Work of task 42", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task Given_a_failure_that_would_come_again_when_it_is_guarded_then_it_is_not_repeated(Exception failure)
    {
        var thrown = Assert.IsType<CloudreveException>(await Record.ExceptionAsync(() => RunAsync(() => throw failure)));

        Assert.Same(failure, thrown.InnerException);
        Assert.Contains("Activity Work of task 42 failed for good", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_refusal_of_the_domain_when_it_is_guarded_then_it_is_logged_and_keeps_its_message()
    {
        var refusal = new CloudreveException(ErrorCode.UserNotFound, "Nobody is there.");

        Assert.Same(refusal, await Record.ExceptionAsync(() => RunAsync(() => throw refusal)));
        Assert.Single(_log.Lines);
    }

    [Fact]
    public void Given_all_classes_with_activities_when_they_are_enumerated_then_each_has_a_guard() =>
        Assert.All(
            typeof(ActivityGuard).Assembly.GetTypes().Where(HasActivities),
            type => Assert.Contains(type.GetConstructors().Single().GetParameters(), parameter => parameter.ParameterType == typeof(ActivityGuard)));

    private static bool HasActivities(Type type) => type.GetMethods()
        .Any(method => method.GetParameters().Any(parameter => parameter.GetCustomAttribute<ActivityTriggerAttribute>() is not null));

    private Task<int> RunAsync(Func<Task<int>> run) => new ActivityGuard(_log).RunAsync("Work", 42, run);

    private sealed class RecordedLog : ILogger<ActivityGuard>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
