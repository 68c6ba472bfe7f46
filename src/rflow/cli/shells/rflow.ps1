# Completion of rflow in PowerShell. rflow prints a line for each word: the word quoted for the command line, a tab, the
# word as it is shown, a tab, its meaning.
Register-ArgumentCompleter -Native -CommandName rflow -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    $encoding = [Console]::OutputEncoding
    try {
        $env:_RFLOW_COMPLETE = 'powershell'
        $env:_RFLOW_WORDS = (($words + $wordToComplete) -join "`n") + "`n"
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $program = Get-Command rflow -CommandType Application -ErrorAction Stop | Select-Object -First 1
        foreach ($line in @(& $program 2>$null)) {
            $quoted, $shown, $meaning = $line -split "`t", 3
            [System.Management.Automation.CompletionResult]::new($quoted, $shown, 'ParameterValue', $meaning)
        }
    } finally {
        [Console]::OutputEncoding = $encoding
        Remove-Item Env:_RFLOW_COMPLETE, Env:_RFLOW_WORDS -ErrorAction SilentlyContinue
    }
}
