"""The paper's tables and figures from stored predictions and committed reports, its own figures beside ours."""
