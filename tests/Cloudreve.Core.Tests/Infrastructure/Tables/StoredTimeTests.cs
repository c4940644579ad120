using System.Globalization;
using Cloudreve.Core.Infrastructure.Tables;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Tables;

public sealed class StoredTimeTests
{
    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000")]
    [InlineData(-1, "1969-12-31T23:59:59.999")]
    [InlineData(-11_644_473_600_000, "1601-01-01T00:00:00.000")]
    [InlineData(-11_644_473_600_001, "1601-01-01T00:00:00.000")]
    [InlineData(long.MinValue, "1601-01-01T00:00:00.000")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999")]
    public void OfUnixMilliseconds_AnyNumber_IsTheNearestTimeThatIsKept(long milliseconds, string expected) =>
        Assert.Equal(expected, StoredTime.OfUnixMilliseconds(milliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture));

    [Fact]
    public void InCondition_TimeOfAnotherZone_IsUtcToTheTick() =>
        Assert.Equal(
            "datetime'2026-11-28T23:30:00.1234567Z'",
            StoredTime.InCondition(new DateTimeOffset(2026, 11, 29, 1, 30, 0, TimeSpan.FromHours(2)).AddTicks(1_234_567)));
}
