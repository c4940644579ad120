using Cloudreve.Dev.Demo;
using Xunit;

namespace Cloudreve.Dev.Tests;

public sealed class ProgressBarTests
{
    [Theory]
    [InlineData(0, "[------------------------------] 0 of 200 files, processing")]
    [InlineData(100, "[###############---------------] 100 of 200 files, processing")]
    [InlineData(200, "[##############################] 200 of 200 files, processing")]
    public void Draw_FilesDone_KeepsTheTotal(long done, string text) => Assert.Equal(text, new ProgressBar(200).Draw("processing", done));
}
